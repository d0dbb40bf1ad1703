// peer-memory.c - asks a kernel with PCI_P2PDMA what may hold a controller's memory, and what an unbinding of its driver waits for.
//
// peer-memory ALLOCATE DISK UNBIND SLOT: the p2pmem/allocate file, a disk of the same controller, the driver's unbind file, the device's
// name. One line for each question, "question: answer". Run by scripts/peer-to-peer in a virtual machine: the device is lost by it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <liburing.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 4 };

// The kernel's mm/gup_test.h.
struct longterm_test { uint64_t address, size; uint32_t flags; };
enum { WRITES = 1, FAST = 2 };
#define LONGTERM_START _IOW('g', 7, struct longterm_test)
#define LONGTERM_STOP _IO('g', 8)

static const char *name_of(int error) { return error == 0 ? "ok" : strerrorname_np(error); }

static char *map_memory(const char *path)
{
	int file = open(path, O_RDWR);
	char *memory = file < 0 ? MAP_FAILED : mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (memory == MAP_FAILED) {
		printf("mapping: %s\n", name_of(errno));
		exit(1);
	}
	close(file);
	return memory;
}

static void ask_longterm(const char *memory, const char *what, uint32_t flags)
{
	struct longterm_test test = { (uintptr_t)memory, PAGE, flags };
	int file = open("/sys/kernel/debug/gup_test", O_RDWR);
	int error = ioctl(file, LONGTERM_START, &test) == 0 ? 0 : errno;
	printf("%s: %s\n", what, file < 0 ? "no gup_test" : name_of(error));
	ioctl(file, LONGTERM_STOP);
	close(file);
}

static void ask_fixed_buffer(char *memory)
{
	struct io_uring ring;
	struct iovec buffer = { memory, PAGE };
	int result = io_uring_queue_init(2, &ring, 0);
	if (result == 0) {
		result = io_uring_register_buffers(&ring, &buffer, 1);
		io_uring_queue_exit(&ring);
	}
	printf("io_uring fixed buffer: %s\n", name_of(-result));
}

static void ask_region(char *memory, const char *what, int access)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *device = list && list[0] ? ibv_open_device(list[0]) : NULL;
	struct ibv_pd *domain = device ? ibv_alloc_pd(device) : NULL;
	if (!domain) {
		printf("%s: no verbs device\n", what);
		return;
	}
	errno = 0;
	struct ibv_mr *region = (ibv_reg_mr)(domain, memory, PAGE, access);
	printf("%s: %s\n", what, name_of(region ? 0 : errno));
	if (region)
		ibv_dereg_mr(region);
	ibv_dealloc_pd(domain);
	ibv_close_device(device);
	ibv_free_device_list(list);
}

static void ask_pipe(char *memory)
{
	int ends[2];
	struct iovec pages = { memory, PAGE };
	if (pipe(ends) != 0)
		return;
	ssize_t done = vmsplice(ends[1], &pages, 1, SPLICE_F_NONBLOCK);
	printf("vmsplice: %s\n", name_of(done < 0 ? errno : 0));
	close(ends[0]);
	close(ends[1]);
}

// A fault of the processor, as a signal's number; 0 for none.
static sigjmp_buf fault;
static void on_fault(int number) { siglongjmp(fault, number); }

static const char *load(const volatile char *memory, char *value)
{
	int number = sigsetjmp(fault, 1);
	if (number != 0)
		return number == SIGBUS ? "SIGBUS" : "SIGSEGV";
	*value = *memory;
	return "ok";
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

struct unbinding {
	const char *file, *slot;
	atomic_int thread, done;
	double ended;
};

static void *unbind(void *argument)
{
	struct unbinding *work = argument;
	atomic_store(&work->thread, (int)syscall(SYS_gettid));
	int file = open(work->file, O_WRONLY);
	if (file < 0 || write(file, work->slot, strlen(work->slot)) < 0)
		printf("unbinding: %s\n", name_of(errno));
	work->ended = now();
	atomic_store(&work->done, 1);
	return NULL;
}

// What the unbinding thread sleeps in, as the kernel names it.
static void print_wait(const struct unbinding *work)
{
	char path[64], text[2048] = "";
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/%s", atomic_load(&work->thread), i == 0 ? "stack" : "wchan");
		int file = open(path, O_RDONLY);
		ssize_t count = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
		close(file);
		if (count <= 1)
			continue;
		text[count] = 0;
		for (char *at = text; *at; at++)
			if (*at == '\n')
				*at = ' ';
		printf("  the unbinding waits in: %s\n", text);
		return;
	}
}

// A write of the disk from the controller's own memory: the kernel pins the pages for as long as the disk takes.
static int begin_write(struct io_uring *ring, int disk, char *memory, int number)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(ring);
	io_uring_prep_write(entry, disk, memory + (number % PAGES) * PAGE, PAGE, (uint64_t)number * PAGE);
	return io_uring_submit(ring);
}

static void ask_each_way(char *memory)
{
	ask_longterm(memory, "longterm pin for writing", WRITES);
	ask_longterm(memory, "longterm pin for writing, fast", WRITES | FAST);
	ask_longterm(memory, "longterm pin for reading", 0);
	ask_longterm(memory, "longterm pin for reading, fast", FAST);
	ask_fixed_buffer(memory);
	ask_region(memory, "memory region, local write", IBV_ACCESS_LOCAL_WRITE);
	ask_region(memory, "memory region, remote read", IBV_ACCESS_REMOTE_READ);
	ask_pipe(memory);
}

int main(int count, char **words)
{
	enum { WRITES_AT_ONCE = 8 };
	if (count != 5)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	struct sigaction action = { .sa_handler = on_fault };
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	char *memory = map_memory(words[1]), value = 0;
	memory[0] = 7;
	const char *result = load(memory, &value);
	printf("mapping: ok\nload: %s, %d\n", result, value);

	ask_each_way(memory);

	struct io_uring ring;
	struct io_uring_cqe *done;
	int disk = open(words[2], O_RDWR | O_DIRECT), ended = 0;
	if (disk < 0 || io_uring_queue_init(2 * WRITES_AT_ONCE, &ring, 0) != 0) {
		printf("disk: %s\n", name_of(errno));
		return 1;
	}
	for (int i = 0; i < WRITES_AT_ONCE; i++)
		begin_write(&ring, disk, memory, i);
	usleep(200000);
	while (io_uring_peek_cqe(&ring, &done) == 0) {
		if (ended++ == 0)
			printf("short pin, direct write: %s\n", name_of(done->res < 0 ? -done->res : 0));
		io_uring_cqe_seen(&ring, done);
	}
	printf("writes in flight, each with its pages pinned: %d\n", WRITES_AT_ONCE - ended);

	struct unbinding work = { .file = words[3], .slot = words[4] };
	pthread_t thread;
	double began = now();
	pthread_create(&thread, NULL, unbind, &work);
	usleep(500000);
	printf("half a second after unbinding began: %s\n", atomic_load(&work.done) ? "it has ended" : "it waits");
	if (!atomic_load(&work.done))
		print_wait(&work);
	printf("load while it waits: %s\n", load(memory, &value));
	double last = began;
	while (ended < WRITES_AT_ONCE && io_uring_wait_cqe(&ring, &done) == 0) {
		last = now();
		printf("  write %d ended with %s after %.1f s, unbinding %s\n", ended, name_of(done->res < 0 ? -done->res : 0), last - began,
			atomic_load(&work.done) ? "has ended" : "waits");
		io_uring_cqe_seen(&ring, done);
		ended++;
	}
	close(disk);
	disk = open(words[2], O_RDONLY);
	printf("on the disk: %s\n", pread(disk, &value, 1, 0) == 1 && value == 7 ? "what the memory held" : "something else");
	for (int i = 0; i < 100 && !atomic_load(&work.done); i++)
		usleep(100000);
	if (!atomic_load(&work.done)) {
		printf("ten seconds after the last write: unbinding waits still\n");
		print_wait(&work);
	} else {
		printf("unbinding ended after the last write: %s\n", work.ended > last ? "yes" : "no");
	}
	printf("load after it: %s\n", load(memory, &value));
	_exit(0);
}
