//go:build unix

package experiment

import (
	"syscall"
	"time"
)

// processorTime is the time that processors have spent on this process, 0 where the system does not say.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
