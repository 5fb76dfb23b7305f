package main

import (
	"log"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const counterBytes = 8

// shared is a number in a file that several processes count in.
type shared struct{ at *int64 }

// openShared maps `file`, which is made when it is not there; without a name nothing is counted.
func openShared(file string) shared {
	if file == "" {
		return shared{new(int64)}
	}
	opened, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	defer opened.Close()
	if err := opened.Truncate(counterBytes); err != nil {
		log.Fatal(err)
	}
	const access = syscall.PROT_READ | syscall.PROT_WRITE
	bytes, err := syscall.Mmap(int(opened.Fd()), 0, counterBytes, access, syscall.MAP_SHARED)
	if err != nil {
		log.Fatal(err)
	}
	return shared{(*int64)(unsafe.Pointer(&bytes[0]))}
}

func (s shared) add(count int64) { atomic.AddInt64(s.at, count) }

func (s shared) value() int64 { return atomic.LoadInt64(s.at) }
