// registration.h - the cost of registrations: shared by the measurements.
#ifndef REGISTRATION_H
#define REGISTRATION_H

#include <infiniband/verbs.h>
#include <stddef.h>

enum { PAGE = 4096, ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ };

_Noreturn void fail(const char *what);
double nanoseconds(void);
// Private memory in small pages, written once where touched.
char *map(size_t bytes, int touched);
struct ibv_context *open_device(void);

void measure_sizes(void);
void measure_live(int count);

#endif
