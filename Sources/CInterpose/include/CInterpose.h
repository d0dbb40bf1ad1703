// CInterpose.h - the libc calls that the preload answers in the program's place.
//
// Owns: dlopen (programs that load libibverbs by hand get ours), sigaction and signal (our fault handler stays in front),
// the calls that change mappings and lock memory (registrations are told), and the runtime's mutexes (forks wait for them).
// Does not: anything else of the C library; nothing here is linked into the command line or the tests.
// These symbols have no version: a version node of libibverbs would keep them from interposing.
#ifndef VERBENA_CINTERPOSE_H
#define VERBENA_CINTERPOSE_H
#endif
