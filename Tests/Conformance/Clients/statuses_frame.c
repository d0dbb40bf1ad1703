// statuses_frame.c - registrations that hold frames (VERBENA_DMA=frame): the device sees what was registered, whatever the
// program did to its mappings since.
#define _GNU_SOURCE
#include "statuses.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PAGES = 8,
	BYTES = PAGES * PAGE,
	REMOTE = IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC,
	GIFT = 1 << 30,
};

// A region of the target's, as the initiator names it.
struct held {
	uint64_t start;
	uint32_t rkey;
};

static unsigned char *map(size_t bytes, unsigned char value)
{
	unsigned char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(memory != MAP_FAILED);
	REQUIRE(madvise(memory, bytes, MADV_NOHUGEPAGE) == 0);
	memset(memory, value, bytes);
	return memory;
}

static struct ibv_mr *hold(struct side *side, void *memory, size_t bytes, int access)
{
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, bytes, access);
	REQUIRE(region, "errno %d", errno);
	struct held place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	return region;
}

static void act(struct side *side, enum ibv_wr_opcode opcode, struct held *place, size_t offset, size_t bytes, enum ibv_wc_status status)
{
	struct ibv_sge own = piece(side, 0, bytes);
	struct ibv_send_wr wr = request(opcode, offset, &own, 1);
	wr.wr.rdma.remote_addr = place->start + offset;
	wr.wr.rdma.rkey = place->rkey;
	post_send(side, &wr);
	expect(side->sent, offset, status);
}

static void expect_read(struct side *side, struct held *place, size_t offset, size_t bytes, unsigned char value)
{
	memset(side->memory, 0, bytes);
	act(side, IBV_WR_RDMA_READ, place, offset, bytes, IBV_WC_SUCCESS);
	for (size_t i = 0; i < bytes; i++)
		REQUIRE(side->memory[i] == value, "byte %zu is %d, not %d", offset + i, side->memory[i], value);
}

static void write_value(struct side *side, struct held *place, size_t offset, size_t bytes, unsigned char value)
{
	memset(side->memory, value, bytes);
	act(side, IBV_WR_RDMA_WRITE, place, offset, bytes, IBV_WC_SUCCESS);
}

// The initiator of most scenarios: what was registered is read, written, and read again.
static void use_frames(struct side *side)
{
	struct held place;
	hear(side, &place, sizeof(place));
	expect_read(side, &place, 100, 3 * PAGE, 'a');
	write_value(side, &place, PAGE + 5, 2 * PAGE, 'b');
	expect_read(side, &place, PAGE + 5, 2 * PAGE, 'b');
	expect_read(side, &place, 0, PAGE + 5, 'a');
	write_value(side, &place, BYTES - 3, 3, 'c');
	expect_read(side, &place, BYTES - 3, 3, 'c');
	memset(side->memory, 0, 16);
	struct ibv_sge result = piece(side, 0, 8);
	struct ibv_send_wr add = request(IBV_WR_ATOMIC_FETCH_AND_ADD, 7, &result, 1);
	add.wr.atomic = (typeof(add.wr.atomic)){ .remote_addr = place.start + 6 * PAGE, .compare_add = 1, .rkey = place.rkey };
	post_send(side, &add);
	expect(side->sent, 7, IBV_WC_SUCCESS);
	REQUIRE(memcmp(side->memory, "aaaaaaaa", 8) == 0);
	expect_read(side, &place, 6 * PAGE, 1, 'b');
	meet(side);
}

static void unmapped(struct side *side)
{
	unsigned char *memory = map(BYTES, 'a');
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE | REMOTE);
	REQUIRE(region && munmap(memory, BYTES) == 0);
	// Something else stands there now, and stays as it is.
	REQUIRE(mmap(memory, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
	memset(memory, 'z', BYTES);
	struct held place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	for (size_t i = 0; i < BYTES; i++)
		REQUIRE(memory[i] == 'z');
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static void moved(struct side *side)
{
	unsigned char *memory = map(BYTES, 'a'), *elsewhere;
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE | REMOTE);
	REQUIRE(region);
	elsewhere = mmap(NULL, BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(mremap(memory, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere) == elsewhere);
	struct held place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	REQUIRE(elsewhere[PAGE + 5] == 'b' && elsewhere[3 * PAGE + 4] == 'b' && elsewhere[BYTES - 1] == 'c' && elsewhere[0] == 'a');
	REQUIRE(ibv_dereg_mr(region) == 0 && munmap(elsewhere, BYTES) == 0);
}

static void dropped(struct side *side)
{
	unsigned char *memory = map(BYTES, 'a');
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE | REMOTE);
	REQUIRE(region && madvise(memory, BYTES, MADV_DONTNEED) == 0);
	struct held place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	for (size_t i = 0; i < BYTES; i++)
		REQUIRE(memory[i] == 0);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static void forked(struct side *side)
{
	unsigned char *memory = map(BYTES, 0);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE | REMOTE);
	REQUIRE(region);
	pid_t child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	// The parent writes first: the frames are still its own.
	memset(memory, 'a', BYTES);
	struct held place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	REQUIRE(memory[PAGE + 5] == 'b' && memory[BYTES - 1] == 'c');
	REQUIRE(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

// Two handles over the same frames: one ends, the memory is unmapped, the other still stands for all of it.
static void twice(struct side *side)
{
	unsigned char *memory = map(BYTES, 'a');
	struct ibv_mr *first = ibv_reg_mr(side->domain, memory, BYTES / 2, IBV_ACCESS_REMOTE_READ);
	struct ibv_mr *second = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE | REMOTE);
	REQUIRE(first && second && first->rkey != second->rkey);
	REQUIRE(ibv_dereg_mr(first) == 0 && munmap(memory, BYTES) == 0);
	struct held place = { (uintptr_t)memory, second->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	REQUIRE(ibv_dereg_mr(second) == 0);
}

static void read_frames(struct side *side)
{
	struct held place;
	hear(side, &place, sizeof(place));
	expect_read(side, &place, 0, 3 * PAGE, 'r');
	expect_read(side, &place, PAGE - 3, 2 * PAGE, 'r');
	expect_read(side, &place, BYTES - 5, 5, 'r');
	memset(side->memory, 'w', 8);
	act(side, IBV_WR_RDMA_WRITE, &place, 0, 8, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

static void read_only(struct side *side, int flags)
{
	int file = memfd_create("frames", MFD_CLOEXEC);
	unsigned char page[PAGE];
	memset(page, 'r', PAGE);
	for (int i = 0; i < PAGES; i++)
		REQUIRE(write(file, page, PAGE) == PAGE);
	void *memory = mmap(NULL, BYTES, PROT_READ, flags, file, 0);
	REQUIRE(memory != MAP_FAILED);
	REQUIRE(ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE) == NULL && errno == EFAULT);
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_REMOTE_READ);
	REQUIRE(region, "errno %d", errno);
	REQUIRE(munmap(memory, BYTES) == 0 && close(file) == 0);
	struct held place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static void read_only_private(struct side *side) { read_only(side, MAP_PRIVATE); }
static void read_only_shared(struct side *side) { read_only(side, MAP_SHARED); }

// KiB of a range that more than one process maps.
static long shared_kilobytes(void *memory)
{
	char line[256], start[32];
	long kilobytes, sum = 0;
	bool inside = false;
	FILE *text = fopen("/proc/self/smaps", "re");
	REQUIRE(text);
	snprintf(start, sizeof(start), "%lx-", (unsigned long)memory);
	while (fgets(line, sizeof(line), text)) {
		if (strchr(line, '-') && strchr(line, ' ') > strchr(line, '-') && strstr(line, " r"))
			inside = strncmp(line, start, strlen(start)) == 0;
		if (inside && (sscanf(line, "Shared_Dirty: %ld", &kilobytes) == 1 || sscanf(line, "Shared_Clean: %ld", &kilobytes) == 1))
			sum += kilobytes;
	}
	fclose(text);
	return sum;
}

// A registration for reading unshares pages that a child shares; one that asks for a gift does not.
static void gift(struct side *side)
{
	unsigned char *memory = map(BYTES, 'r');
	pid_t child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	REQUIRE(shared_kilobytes(memory) == BYTES / 1024, "%ld", shared_kilobytes(memory));
	REQUIRE(ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE | GIFT) == NULL && errno == EINVAL);
	struct ibv_mr *given = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_REMOTE_READ | GIFT);
	REQUIRE(given && shared_kilobytes(memory) == BYTES / 1024, "%ld", shared_kilobytes(memory));
	// The program goes on writing; readers see what it was at registration, or later.
	struct held place = { (uintptr_t)memory, given->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	struct ibv_mr *plain = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_REMOTE_READ);
	REQUIRE(plain && shared_kilobytes(memory) == 0, "%ld", shared_kilobytes(memory));
	REQUIRE(ibv_dereg_mr(plain) == 0 && ibv_dereg_mr(given) == 0);
	REQUIRE(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

// Sends from and receives into memory that is unmapped by then, of each size that travels its own way.
static const size_t lengths[] = { 16, 700, 5 * PAGE };

static void send_from_frames(struct side *side)
{
	unsigned char *memory = map(BYTES, 's');
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, BYTES, 0);
	REQUIRE(region && munmap(memory, BYTES) == 0);
	meet(side);
	for (uint64_t i = 0; i < 3; i++) {
		struct ibv_sge own = { .addr = (uintptr_t)memory + 3, .length = lengths[i], .lkey = region->lkey };
		struct ibv_send_wr send = request(IBV_WR_SEND, i, &own, 1);
		post_send(side, &send);
		expect(side->sent, i, IBV_WC_SUCCESS);
	}
	struct held place;
	hear(side, &place, sizeof(place));
	for (uint64_t i = 0; i < 3; i++)
		expect_read(side, &place, i * 5 * PAGE + 1, lengths[i], 's');
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static void receive_into_frames(struct side *side)
{
	unsigned char *memory = map(3 * BYTES, 'x');
	struct ibv_mr *region = ibv_reg_mr(side->domain, memory, 3 * BYTES, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ);
	REQUIRE(region);
	for (uint64_t i = 0; i < 3; i++) {
		struct ibv_sge into = { .addr = (uintptr_t)memory + i * 5 * PAGE + 1, .length = lengths[i], .lkey = region->lkey };
		struct ibv_recv_wr receive = { .wr_id = i, .sg_list = &into, .num_sge = 1 }, *bad;
		REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
	}
	REQUIRE(munmap(memory, 3 * BYTES) == 0);
	meet(side);
	for (uint64_t i = 0; i < 3; i++)
		REQUIRE(expect(side->received, i, IBV_WC_SUCCESS).byte_len == lengths[i]);
	struct held place = { (uintptr_t)memory, region->rkey };
	tell(side, &place, sizeof(place));
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

// More than passes at once, from and to odd addresses.
static void use_many(struct side *side)
{
	enum { MANY = 1 << 20 };
	struct held place;
	hear(side, &place, sizeof(place));
	write_value(side, &place, 4093, MANY - 5000, 'm');
	expect_read(side, &place, 4093, MANY - 5000, 'm');
	expect_read(side, &place, 0, 4093, 'a');
	act(side, IBV_WR_RDMA_READ, &place, MANY - 7, 8, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

static void many(struct side *side)
{
	unsigned char *memory = map(1 << 20, 'a');
	struct ibv_mr *region = hold(side, memory + 1, (1 << 20) - 1, IBV_ACCESS_LOCAL_WRITE | REMOTE);
	meet(side);
	REQUIRE(memory[4094] == 'm' && memory[0] == 'a' && ibv_dereg_mr(region) == 0);
}

// The key is gone: so are the frames, and nobody reaches them or what came after.
static void use_withdrawn(struct side *side)
{
	struct held place;
	hear(side, &place, sizeof(place));
	expect_read(side, &place, 0, 8, 'a');
	meet(side);
	meet(side);
	act(side, IBV_WR_RDMA_READ, &place, 0, 8, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

static void withdrawn(struct side *side)
{
	unsigned char *memory = map(BYTES, 'a');
	struct ibv_mr *region = hold(side, memory, BYTES, IBV_ACCESS_REMOTE_READ);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
	struct ibv_mr *next = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_REMOTE_READ);
	REQUIRE(next);
	meet(side);
	meet(side);
	REQUIRE(ibv_dereg_mr(next) == 0);
}

// What the kernel counts as pinned by this process, in KiB.
static long pinned_kilobytes(void)
{
	char line[256];
	long kilobytes = -1;
	FILE *status = fopen("/proc/self/status", "re");
	REQUIRE(status);
	while (kilobytes < 0 && fgets(line, sizeof(line), status))
		sscanf(line, "VmPin: %ld", &kilobytes);
	fclose(status);
	REQUIRE(kilobytes >= 0);
	return kilobytes;
}

// Each registration that pins is counted by the kernel, whatever it overlaps; references are not. Of who may lock what he
// likes some kernels count nothing.
static void charged(struct side *side)
{
	unsigned char *memory = map(BYTES, 'a');
	long before = pinned_kilobytes(), each = BYTES / 1024;
	struct ibv_mr *first = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_LOCAL_WRITE);
	REQUIRE(first);
	if (geteuid() == 0 && pinned_kilobytes() == before)
		each = 0;
	REQUIRE(pinned_kilobytes() == before + each);
	struct ibv_mr *second = ibv_reg_mr(side->domain, memory + PAGE, BYTES - PAGE, IBV_ACCESS_LOCAL_WRITE);
	REQUIRE(second && pinned_kilobytes() == before + each + each / PAGES * (PAGES - 1));
	REQUIRE(ibv_dereg_mr(first) == 0 && pinned_kilobytes() == before + each / PAGES * (PAGES - 1));
	REQUIRE(ibv_dereg_mr(second) == 0 && pinned_kilobytes() == before);
	REQUIRE(munmap(memory, BYTES) == 0);
	meet(side);
}

// What is only referenced is charged to nobody.
static void gift_uncharged(struct side *side)
{
	unsigned char *memory = map(BYTES, 'a');
	long before = pinned_kilobytes();
	struct ibv_mr *gift = ibv_reg_mr(side->domain, memory, BYTES, IBV_ACCESS_REMOTE_READ | GIFT);
	REQUIRE(gift && pinned_kilobytes() == before);
	REQUIRE(ibv_dereg_mr(gift) == 0 && pinned_kilobytes() == before && munmap(memory, BYTES) == 0);
	meet(side);
}

// Descriptors that hold frames. Others come and go as peers connect.
static int holding_descriptors(void)
{
	int count = 0;
	DIR *directory = opendir("/proc/self/fd");
	REQUIRE(directory);
	for (struct dirent *entry; (entry = readdir(directory));) {
		char kind[64] = "";
		if (readlinkat(dirfd(directory), entry->d_name, kind, sizeof kind - 1) > 0)
			count += strstr(kind, "io_uring") || strstr(kind, "pipe:");
	}
	closedir(directory);
	return count;
}

// The file ends in the midst of its mapping: the kernel finds out when it has half of the pages.
static void failed(struct side *side)
{
	enum { LONG = 512 * PAGE, THERE = 300 * PAGE, TIMES = 10 };
	int file = memfd_create("short", MFD_CLOEXEC), quiet = open("/dev/null", O_WRONLY | O_CLOEXEC), saved = dup(2);
	REQUIRE(file >= 0 && quiet >= 0 && saved >= 0 && ftruncate(file, THERE) == 0);
	unsigned char *memory = mmap(NULL, LONG, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	REQUIRE(memory != MAP_FAILED);
	memset(memory, 'a', THERE);
	long before = pinned_kilobytes();
	int descriptors = holding_descriptors();
	// What is charged and not given back would pass the limit of an ordinary user.
	REQUIRE(dup2(quiet, 2) == 2);
	for (int i = 0; i < TIMES; i++) {
		errno = 0;
		struct ibv_mr *pinned = ibv_reg_mr(side->domain, memory, LONG, IBV_ACCESS_LOCAL_WRITE);
		int first = errno;
		struct ibv_mr *referenced = ibv_reg_mr(side->domain, memory, LONG, IBV_ACCESS_REMOTE_READ);
		int second = errno;
		if (pinned || referenced || first != EFAULT || second != EFAULT)
			dup2(saved, 2);
		REQUIRE(!pinned && first == EFAULT, "errno %d", first);
		REQUIRE(!referenced && second == EFAULT, "errno %d", second);
	}
	dup2(saved, 2);
	REQUIRE(pinned_kilobytes() == before && holding_descriptors() == descriptors);
	struct ibv_mr *region = hold(side, memory, BYTES, IBV_ACCESS_LOCAL_WRITE | REMOTE);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0 && munmap(memory, LONG) == 0);
	close(file);
	close(quiet);
	close(saved);
}

#define BY_FRAME .by_frame = true, .bytes = BYTES

const struct scenario frame_scenarios[] = {
	{ "frames-unmapped", { BY_FRAME }, use_frames, unmapped },
	{ "frames-moved", { BY_FRAME }, use_frames, moved },
	{ "frames-dropped", { BY_FRAME }, use_frames, dropped },
	{ "frames-forked", { BY_FRAME }, use_frames, forked },
	{ "frames-registered-twice", { BY_FRAME }, use_frames, twice },
	{ "frames-read-only-private", { BY_FRAME }, read_frames, read_only_private },
	{ "frames-read-only-shared", { BY_FRAME }, read_frames, read_only_shared },
	{ "frames-gift", { BY_FRAME }, read_frames, gift },
	{ "frames-messages", { BY_FRAME }, send_from_frames, receive_into_frames },
	{ "frames-many", { .by_frame = true, .bytes = 1 << 20 }, use_many, many },
	{ "frames-charged", { BY_FRAME }, meet, charged },
	{ "frames-gift-uncharged", { BY_FRAME }, meet, gift_uncharged },
	{ "frames-failed", { BY_FRAME }, use_frames, failed },
	{ "frames-withdrawn", { BY_FRAME }, use_withdrawn, withdrawn },
	{ 0 },
};
