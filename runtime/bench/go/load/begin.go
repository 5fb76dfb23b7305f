package main

import (
	"log"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// measureStart runs a command and tells how long after that it has accepted its first request.
func measureStart(o sendOptions, command []string) any {
	request := newTemplate(o.spans, 1)
	process := exec.Command(command[0], command[1:]...)
	process.Stderr = os.Stderr
	began := time.Now()
	if err := process.Start(); err != nil {
		log.Fatal(err)
	}
	waitForPort(o.address, 30*time.Second)
	listens := time.Since(began)
	to := connect(o)
	for {
		err := to.send(request.stamp(time.Now()))
		if err == nil {
			break
		}
		if time.Since(began) > 30*time.Second {
			log.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	accepted := time.Since(began)
	_ = process.Process.Signal(syscall.SIGTERM)
	_ = process.Wait()
	return map[string]any{
		"listens":  float64(listens.Microseconds()) / 1000,
		"accepted": float64(accepted.Microseconds()) / 1000,
	}
}
