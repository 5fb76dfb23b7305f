/** What Kubernetes knows of a pod, in upstream's names. */

/** An attribute that the k8s_attributes processor can put in. */
export enum KubernetesAttribute {
  /** Name of the namespace. */
  NAMESPACE_NAME = 'k8s.namespace.name',
  /** Name of the pod. */
  POD_NAME = 'k8s.pod.name',
  /** Uid of the pod. */
  POD_UID = 'k8s.pod.uid',
  /** Host name of the pod. */
  POD_HOSTNAME = 'k8s.pod.hostname',
  /** Time when the pod was started. */
  POD_START_TIME = 'k8s.pod.start_time',
  /** Address of the pod. */
  POD_IP = 'k8s.pod.ip',
  /** Name of the Deployment. */
  DEPLOYMENT_NAME = 'k8s.deployment.name',
  /** Uid of the Deployment; ReplicaSets are watched for it. */
  DEPLOYMENT_UID = 'k8s.deployment.uid',
  /** Name of the ReplicaSet. */
  REPLICASET_NAME = 'k8s.replicaset.name',
  /** Uid of the ReplicaSet. */
  REPLICASET_UID = 'k8s.replicaset.uid',
  /** Name of the DaemonSet. */
  DAEMONSET_NAME = 'k8s.daemonset.name',
  /** Uid of the DaemonSet. */
  DAEMONSET_UID = 'k8s.daemonset.uid',
  /** Name of the StatefulSet. */
  STATEFULSET_NAME = 'k8s.statefulset.name',
  /** Uid of the StatefulSet. */
  STATEFULSET_UID = 'k8s.statefulset.uid',
  /** Name of the Job. */
  JOB_NAME = 'k8s.job.name',
  /** Uid of the Job. */
  JOB_UID = 'k8s.job.uid',
  /** Name of the CronJob. */
  CRONJOB_NAME = 'k8s.cronjob.name',
  /** Uid of the CronJob; Jobs are watched for it. */
  CRONJOB_UID = 'k8s.cronjob.uid',
  /** Name of the node. */
  NODE_NAME = 'k8s.node.name',
  /** Uid of the node; nodes are watched for it. */
  NODE_UID = 'k8s.node.uid',
  /** Name of the container; known where container.id is, or where there is one container only. */
  CONTAINER_NAME = 'k8s.container.name',
  /** Id of the container. */
  CONTAINER_ID = 'container.id',
  /** Name of the container's image. */
  CONTAINER_IMAGE_NAME = 'container.image.name',
  /** Tag of the container's image. */
  CONTAINER_IMAGE_TAG = 'container.image.tag',
  /** Digests of the container's image. */
  CONTAINER_IMAGE_REPO_DIGESTS = 'container.image.repo_digests',
  /** Namespace of the service, by annotations and labels of the pod or its namespace. */
  SERVICE_NAMESPACE = 'service.namespace',
  /** Name of the service, by annotations and labels of the pod or by what owns it. */
  SERVICE_NAME = 'service.name',
  /** Version of the service, by annotations and labels of the pod or its image. */
  SERVICE_VERSION = 'service.version',
  /** Instance of the service, by annotations of the pod, or by names of pod and container. */
  SERVICE_INSTANCE_ID = 'service.instance.id',
  /** Uid of the cluster: that of its namespace kube-system. */
  CLUSTER_UID = 'k8s.cluster.uid',
}

/** An object of which labels and annotations can become attributes. */
export enum KubernetesObject {
  /** The pod. */
  POD = 'pod',
  /** Its namespace. */
  NAMESPACE = 'namespace',
  /** Its node. */
  NODE = 'node',
  /** Its Deployment; upstream from 0.128 on. */
  DEPLOYMENT = 'deployment',
  /** Its StatefulSet; upstream from 0.131 on. */
  STATEFULSET = 'statefulset',
  /** Its DaemonSet; upstream from 0.135 on. */
  DAEMONSET = 'daemonset',
  /** Its Job; upstream from 0.135 on. */
  JOB = 'job',
}
