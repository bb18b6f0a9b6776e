//go:build !unix

package experiment

import "time"

// processorTime is the time that processors have spent on this process, 0 where the system does not say.
func processorTime() time.Duration { return 0 }
