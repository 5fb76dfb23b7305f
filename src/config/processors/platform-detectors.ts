/**
 * Settings of detectors that ask a cloud, a machine or a platform what it is.
 */
import { openMap } from '../fields';

/** Settings of detectors, each a map with `resource_attributes` and what its detector knows. */
export interface PlatformDetectorsConfig {
  /**
   * Settings of the detector of Akamai.
   * @default {}
   */
  readonly akamai?: Record<string, any>;
  /**
   * Settings of the detector of Azure Kubernetes Service.
   * @default {}
   */
  readonly aks?: Record<string, any>;
  /**
   * Settings of the detector of Alibaba ECS.
   * @default {}
   */
  readonly alibabaEcs?: Record<string, any>;
  /**
   * Settings of the detector of Azure.
   * @default {}
   */
  readonly azure?: Record<string, any>;
  /**
   * Settings of the detector of Azure Container Apps.
   * @default {}
   */
  readonly azurecontainerapps?: Record<string, any>;
  /**
   * Settings of the detector of Consul, with `address`, `token` and others.
   * @default {}
   */
  readonly consul?: Record<string, any>;
  /**
   * Settings of the detector of DigitalOcean.
   * @default {}
   */
  readonly digitalocean?: Record<string, any>;
  /**
   * Settings of the detector of Docker.
   * @default {}
   */
  readonly docker?: Record<string, any>;
  /**
   * Settings of the detector of EC2, with `tags` and others.
   * @default {}
   */
  readonly ec2?: Record<string, any>;
  /**
   * Settings of the detector of Amazon ECS.
   * @default {}
   */
  readonly ecs?: Record<string, any>;
  /**
   * Settings of the detector of EKS, with `node_from_env_var`.
   * @default {}
   */
  readonly eks?: Record<string, any>;
  /**
   * Settings of the detector of Elastic Beanstalk.
   * @default {}
   */
  readonly elasticbeanstalk?: Record<string, any>;
  /**
   * Settings of the detector of Google Cloud, with `labels`.
   * @default {}
   */
  readonly gcp?: Record<string, any>;
  /**
   * Settings of the detector of Heroku.
   * @default {}
   */
  readonly heroku?: Record<string, any>;
  /**
   * Settings of the detector of Hetzner.
   * @default {}
   */
  readonly hetzner?: Record<string, any>;
  /**
   * Settings of the detector of IBM Cloud Classic.
   * @default {}
   */
  readonly ibmcloudClassic?: Record<string, any>;
  /**
   * Settings of the detector of IBM Cloud VPC, with `protocol`.
   * @default {}
   */
  readonly ibmcloudVpc?: Record<string, any>;
  /**
   * Settings of the detector of kubeadm, with `auth_type`.
   * @default {}
   */
  readonly kubeadm?: Record<string, any>;
  /**
   * Settings of the detector of AWS Lambda.
   * @default {}
   */
  readonly lambda?: Record<string, any>;
  /**
   * Settings of the detector of OpenStack Nova, with `labels`.
   * @default {}
   */
  readonly nova?: Record<string, any>;
  /**
   * Settings of the detector of OpenShift, with `address`, `token` and `tls`.
   * @default {}
   */
  readonly openshift?: Record<string, any>;
  /**
   * Settings of the detector of Oracle Cloud.
   * @default {}
   */
  readonly oraclecloud?: Record<string, any>;
  /**
   * Settings of the detector of Scaleway.
   * @default {}
   */
  readonly scaleway?: Record<string, any>;
  /**
   * Settings of the detector of Tencent CVM.
   * @default {}
   */
  readonly tencentCvm?: Record<string, any>;
  /**
   * Settings of the detector of UpCloud.
   * @default {}
   */
  readonly upcloud?: Record<string, any>;
  /**
   * Settings of the detector of Vultr.
   * @default {}
   */
  readonly vultr?: Record<string, any>;
}

const settings = openMap();

/** The fields of these detectors. */
export const platformDetectorFields = {
  akamai: settings,
  aks: settings,
  alibabaEcs: settings,
  azure: settings,
  azurecontainerapps: settings,
  consul: settings,
  digitalocean: settings,
  docker: settings,
  ec2: settings,
  ecs: settings,
  eks: settings,
  elasticbeanstalk: settings,
  gcp: settings,
  heroku: settings,
  hetzner: settings,
  ibmcloudClassic: settings,
  ibmcloudVpc: settings,
  kubeadm: settings,
  lambda: settings,
  nova: settings,
  openshift: settings,
  oraclecloud: settings,
  scaleway: settings,
  tencentCvm: settings,
  upcloud: settings,
  vultr: settings,
};

/** Names of all detectors that upstream has. */
export const DETECTORS = [
  'env', 'system', 'k8s_api', 'k8snode', 'akamai', 'aks', 'alibaba_ecs', 'azure',
  'azurecontainerapps', 'consul', 'digitalocean', 'docker', 'dynatrace', 'ec2', 'ecs', 'eks',
  'elastic_beanstalk', 'gcp', 'heroku', 'hetzner', 'ibmcloud_classic', 'ibmcloud_vpc', 'kubeadm',
  'lambda', 'nova', 'openshift', 'oraclecloud', 'scaleway', 'tencent_cvm', 'upcloud', 'vultr',
];
