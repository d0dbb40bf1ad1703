// statuses_provider.h - a process that provides memory, for the scenarios that register it.
#ifndef STATUSES_PROVIDER_H
#define STATUSES_PROVIDER_H

#include "statuses.h"
#include <sys/types.h>

enum { PAGES = 16, BYTES = PAGES * PAGE, OFFSET = 3 * PAGE, LENGTH = 8 * PAGE };
#define ADDRESS UINT64_C(0x7000000000)

// Look at a byte; close the door; is it free?; wait until it is; take it away.
enum command { LOOK = 'l', CLOSE = 'c', TRY = 't', WAIT = 'w', REVOKE = 'r' };
enum { FREE = 'f', BUSY = 'b' };

struct provider {
	pid_t pid;
	int socket, memory;
};

// In statuses_provide.c.
struct provider start_provider(void);
// One command at a time, each with an answer of one byte.
void command(struct provider *provider, enum command command);
unsigned char answer(struct provider *provider);
unsigned char ask(struct provider *provider, enum command what);
void end_provider(struct provider *provider);

#endif
