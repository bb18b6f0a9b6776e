//go:build cgo && !noxla

package backend

/*
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

// XLA's CPU client takes its temporary memory with malloc at each execution. By default a large piece comes fresh from the kernel, which
// clears it page by page as it is touched: a third of the time of appendix A's layer. So one arena keeps what is freed, for the next
// execution. It must be set before any thread has an arena of its own, hence before Go starts. glibc's variables of the environment win.
__attribute__((constructor)) static void keep_freed_memory(void) {
#ifdef __GLIBC__
	if (getenv("MALLOC_ARENA_MAX") || getenv("MALLOC_MMAP_MAX_") || getenv("MALLOC_TRIM_THRESHOLD_") || getenv("GLIBC_TUNABLES")) return;
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}
*/
import "C"
