// same_pages.c - lets the kernel look for equal pages (KSM) for as long as a scenario asks.
//
// Owns: the settings under /sys/kernel/mm/ksm while it runs: what was there before is there after. Where the kernel already looks on
// somebody else's behalf, nothing is done.
#define _GNU_SOURCE
#include "actor.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int setting(const char *name, int flags)
{
	char path[64];
	snprintf(path, sizeof(path), "/sys/kernel/mm/ksm/%s", name);
	return open(path, flags | O_CLOEXEC);
}

static long get(const char *name)
{
	char text[32] = "";
	int file = setting(name, O_RDONLY);
	if (file < 0)
		return -1;
	ssize_t count = read(file, text, sizeof(text) - 1);
	close(file);
	return count > 0 ? strtol(text, NULL, 10) : -1;
}

static int set(const char *name, long value)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%ld", value);
	int file = setting(name, O_WRONLY);
	if (file < 0)
		return errno;
	int error = write(file, text, (size_t)length) == length ? 0 : errno;
	close(file);
	return error;
}

// A page is merged when it was seen unchanged in one look, and its like in the next.
static int await_looks(void)
{
	enum { LOOKS = 4, NAP_MICROSECONDS = 1000, NAPS = 10000 };
	long first = get("full_scans");
	for (int i = 0; i < NAPS; i++) {
		if (get("full_scans") >= first + LOOKS)
			return 0;
		usleep(NAP_MICROSECONDS);
	}
	return ETIMEDOUT;
}

int merge_same_pages(void)
{
	enum { PAGES_AT_ONCE = 10000 };
	long pages = get("pages_to_scan"), sleep = get("sleep_millisecs"), smart = get("smart_scan");
	if (get("run") != 0)
		return EBUSY;
	// Linux 6.7 began to pass over pages that have long been without a like.
	if (smart >= 0)
		set("smart_scan", 0);
	int error = set("pages_to_scan", PAGES_AT_ONCE);
	if (!error)
		error = set("sleep_millisecs", 0);
	if (!error)
		error = set("run", 1);
	if (!error)
		error = await_looks();
	int stopped = set("run", 0);
	set("pages_to_scan", pages);
	set("sleep_millisecs", sleep);
	if (smart >= 0)
		set("smart_scan", smart);
	return error ? error : stopped;
}
