// limits_memory.c - cache lines, copies, and writes into another process.
#define _GNU_SOURCE
#include "limits.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WARM_UP = 1000, BATCH = 16 };

// Two words on two cache lines, each written by one side and watched by the other.
struct words {
	_Alignas(128) _Atomic uint32_t ping;
	_Alignas(128) _Atomic uint32_t pong;
	// Where the child's buffer stands, once it has one.
	_Alignas(128) _Atomic uintptr_t child_buffer;
	_Atomic uint32_t done;
};

// The middle of all batches, as the tools beside which it stands print the middle of all messages: what a scheduler takes
// away from a few of them does not count.
static int compare(const void *a, const void *b) { return *(const double *)a < *(const double *)b ? -1 : 1; }

static void print_median(double *samples, size_t count)
{
	qsort(samples, count, sizeof(*samples), compare);
	printf("%.4f\n", samples[count / 2] / BATCH / 2 * 1e6);
	free(samples);
}

static double *room_for(size_t count)
{
	double *samples = calloc(count, sizeof(*samples));
	if (!samples)
		fail("calloc");
	return samples;
}

void measure_cache(void)
{
	enum { ROUNDS = 320000 };
	struct duo duo = start_duo();
	struct words *words = duo.shared;
	double *samples = room_for(ROUNDS / BATCH), start = 0;

	for (uint32_t round = 1; round <= ROUNDS + WARM_UP; round++) {
		if (duo.is_child) {
			while (atomic_load_explicit(&words->ping, memory_order_acquire) != round)
				;
			atomic_store_explicit(&words->pong, round, memory_order_release);
			continue;
		}
		if (round > WARM_UP && (round - WARM_UP) % BATCH == 1)
			start = seconds();
		atomic_store_explicit(&words->ping, round, memory_order_release);
		while (atomic_load_explicit(&words->pong, memory_order_acquire) != round)
			;
		if (round > WARM_UP && (round - WARM_UP) % BATCH == 0)
			samples[(round - WARM_UP) / BATCH - 1] = seconds() - start;
	}
	if (!duo.is_child)
		print_median(samples, ROUNDS / BATCH);
	end_duo(duo);
}

static char *buffer(size_t bytes)
{
	char *memory = NULL;
	if (posix_memalign((void **)&memory, 4096, bytes) != 0)
		fail("posix_memalign");
	memset(memory, 1, bytes);
	return memory;
}

// So many repetitions that a measurement takes a few tenths of a second.
static size_t repetitions(size_t bytes)
{
	size_t count = (2UL << 30) / (bytes + 4096);
	return count > 200000 ? 200000 : count < 100 ? 100 : count;
}

static double mebibytes_per_second(size_t bytes, size_t count, double time) { return bytes * (double)count / time / (1 << 20); }

void measure_copy(size_t bytes)
{
	char *from = buffer(bytes), *into = buffer(bytes);
	size_t count = repetitions(bytes);

	pin(0);
	memcpy(into, from, bytes);
	double start = seconds();
	for (size_t i = 0; i < count; i++) {
		memcpy(into, from, bytes);
		// The compiler may not leave the copy out.
		__asm__ volatile("" : : "r"(into), "r"(from) : "memory");
	}
	printf("%.1f\n", mebibytes_per_second(bytes, count, seconds() - start));
}

static void write_into(pid_t process, char *from, uintptr_t into, size_t bytes)
{
	struct iovec local = { from, bytes }, remote = { (void *)into, bytes };
	if (process_vm_writev(process, &local, 1, &remote, 1, 0) != (ssize_t)bytes)
		fail("process_vm_writev");
}

// The pattern of ib_write_lat: each side writes a message into the other's private memory and watches its own last byte.
void measure_write_latency(size_t bytes)
{
	size_t rounds = repetitions(bytes) / 2 / BATCH * BATCH;
	struct duo duo = start_duo();
	struct words *words = duo.shared;
	char *from = buffer(bytes), *own = buffer(bytes);
	volatile char *last = own + bytes - 1;
	pid_t peer = duo.is_child ? getppid() : duo.child;
	uintptr_t into;

	// Each tells where its buffer is: the child through one word, the parent through the other two together.
	if (duo.is_child) {
		atomic_store(&words->child_buffer, (uintptr_t)own);
		while (atomic_load(&words->done) == 0)
			;
		into = (uintptr_t)atomic_load(&words->ping) << 32 | atomic_load(&words->pong);
	} else {
		atomic_store(&words->ping, (uint32_t)((uintptr_t)own >> 32));
		atomic_store(&words->pong, (uint32_t)(uintptr_t)own);
		atomic_store(&words->done, 1);
		while ((into = atomic_load(&words->child_buffer)) == 0)
			;
	}
	double *samples = room_for(rounds / BATCH), start = 0;
	for (size_t round = 0; round < rounds; round++) {
		if (round % BATCH == 0)
			start = seconds();
		char mark = (char)(round % 100 + 2);
		from[bytes - 1] = mark;
		if (!duo.is_child)
			write_into(peer, from, into, bytes);
		while (*last != mark)
			;
		if (duo.is_child)
			write_into(peer, from, into, bytes);
		if (round % BATCH == BATCH - 1)
			samples[round / BATCH] = seconds() - start;
	}
	if (!duo.is_child)
		print_median(samples, rounds / BATCH);
	end_duo(duo);
}

void measure_write_bandwidth(size_t bytes)
{
	size_t count = repetitions(bytes);
	struct duo duo = start_duo();
	struct words *words = duo.shared;
	char *own = buffer(bytes);

	if (duo.is_child) {
		atomic_store(&words->child_buffer, (uintptr_t)own);
		while (atomic_load(&words->done) == 0)
			usleep(1000);
		end_duo(duo);
	}
	uintptr_t into;
	while ((into = atomic_load(&words->child_buffer)) == 0)
		;
	write_into(duo.child, own, into, bytes);
	double start = seconds();
	for (size_t i = 0; i < count; i++)
		write_into(duo.child, own, into, bytes);
	printf("%.1f\n", mebibytes_per_second(bytes, count, seconds() - start));
	atomic_store(&words->done, 1);
	end_duo(duo);
}
