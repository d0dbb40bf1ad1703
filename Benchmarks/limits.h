// limits.h - what the machine itself allows: shared by the measurements.
#ifndef LIMITS_H
#define LIMITS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Ends the program, saying which call failed.
_Noreturn void fail(const char *what);

double seconds(void);
void pin(int processor);

// Two processes, the child pinned to the second core and the parent to the first, that share one page.
struct duo {
	void *shared;
	pid_t child;
	int is_child;
};

struct duo start_duo(void);
void end_duo(struct duo duo);

// Each prints one number: microseconds, or MiB per second.
void measure_cache(void);
void measure_copy(size_t bytes);
void measure_write_latency(size_t bytes);
void measure_write_bandwidth(size_t bytes);
void measure_start(char *const *command);

#endif
