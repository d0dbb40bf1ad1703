// statuses_provider.c - memory of a third process, registered by its descriptor (ibv_reg_dmabuf_mr): a provider that exports it as
// a device would export its controller memory buffer, a target that registers it, an initiator that uses it.
//
// The provider ends it while it is registered: it waits for the last registration, or it revokes (statuses_provide.c says how).
#define _GNU_SOURCE
#include "statuses_provider.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_refusal(struct side *side, uint64_t offset, size_t length, uint64_t address, int descriptor, int access, int expected)
{
	errno = 0;
	struct ibv_mr *region = ibv_reg_dmabuf_mr(side->domain, offset, length, address, descriptor, access);
	REQUIRE(!region && errno == expected, "errno %d, not %d", errno, expected);
}

static struct ibv_mr *begin(struct side *side, struct provider *provider)
{
	*provider = start_provider();
	struct ibv_mr *region = ibv_reg_dmabuf_mr(side->domain, OFFSET, LENGTH, ADDRESS, provider->memory, ALL_ACCESS);
	REQUIRE(region && region->length == LENGTH, "errno %d", errno);
	tell(side, &region->rkey, sizeof(region->rkey));
	meet(side);
	REQUIRE(ask(provider, LOOK) == 'p');
	return region;
}

static enum ibv_wc_status act(struct side *side, enum ibv_wr_opcode opcode, uint32_t rkey, size_t offset, size_t bytes)
{
	struct ibv_sge own = piece(side, 0, bytes);
	struct ibv_send_wr wr = request(opcode, offset, &own, 1);
	wr.wr.rdma.remote_addr = ADDRESS + offset;
	wr.wr.rdma.rkey = rkey;
	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
		wr.wr.atomic.remote_addr = ADDRESS + offset;
		wr.wr.atomic.rkey = rkey;
		wr.wr.atomic.compare_add = 1;
	}
	post_send(side, &wr);
	return next_completion(side->sent).status;
}

static void expect_status(struct side *side, enum ibv_wr_opcode opcode, uint32_t rkey, size_t offset, size_t bytes, enum ibv_wc_status expected)
{
	enum ibv_wc_status status = act(side, opcode, rkey, offset, bytes);
	REQUIRE(status == expected, "%s at %zu: %s", opcode == IBV_WR_RDMA_READ ? "read" : "change", offset, ibv_wc_status_str(status));
}

static uint32_t use_provided(struct side *side)
{
	uint32_t rkey;
	hear(side, &rkey, sizeof(rkey));
	memset(side->memory, 'p', LENGTH);
	expect_status(side, IBV_WR_RDMA_WRITE, rkey, 0, LENGTH, IBV_WC_SUCCESS);
	memset(side->memory, 0, LENGTH);
	expect_status(side, IBV_WR_RDMA_READ, rkey, PAGE + 3, 2 * PAGE, IBV_WC_SUCCESS);
	REQUIRE(side->memory[0] == 'p' && side->memory[2 * PAGE - 1] == 'p' && side->memory[2 * PAGE] == 0);
	meet(side);
	return rkey;
}

// Refusals with the kernel's numbers, and registrations that read only, of a descriptor that reads only.
static void refused(struct side *side)
{
	int ends[2];
	struct provider provider;
	struct ibv_mr *region = begin(side, &provider);
	int memory = provider.memory;
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	int read_only = open(path, O_RDONLY | O_CLOEXEC), file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	REQUIRE(pipe(ends) == 0 && read_only >= 0 && file >= 0);

	expect_refusal(side, 0, PAGE, ADDRESS, -1, ALL_ACCESS, EBADF);
	expect_refusal(side, 0, PAGE, ADDRESS, ends[0], ALL_ACCESS, EINVAL);
	expect_refusal(side, 0, PAGE, ADDRESS, side->socket, ALL_ACCESS, EINVAL);
	expect_refusal(side, 0, BYTES + 1, ADDRESS, memory, ALL_ACCESS, EINVAL);
	expect_refusal(side, BYTES, 1, ADDRESS, memory, ALL_ACCESS, EINVAL);
	expect_refusal(side, UINT64_MAX - PAGE + 1, 2 * PAGE, ADDRESS, memory, ALL_ACCESS, EINVAL);
	expect_refusal(side, 0, 0, ADDRESS, memory, ALL_ACCESS, EINVAL);
	expect_refusal(side, 8, PAGE, ADDRESS, memory, ALL_ACCESS, EINVAL);
	expect_refusal(side, 0, PAGE, ADDRESS, memory, IBV_ACCESS_REMOTE_WRITE, EINVAL);
	expect_refusal(side, 0, PAGE, ADDRESS, memory, ALL_ACCESS | IBV_ACCESS_ON_DEMAND, EINVAL);
	expect_refusal(side, 0, PAGE, ADDRESS, memory, ALL_ACCESS | IBV_ACCESS_MW_BIND, EINVAL);
	expect_refusal(side, 0, PAGE, ADDRESS, read_only, ALL_ACCESS, EACCES);
	expect_refusal(side, 0, PAGE, ADDRESS, file, ALL_ACCESS, EACCES);
	REQUIRE(ibv_rereg_mr(region, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, IBV_ACCESS_REMOTE_READ) != 0);

	struct ibv_mr *reads = ibv_reg_dmabuf_mr(side->domain, OFFSET, LENGTH, ADDRESS, read_only, IBV_ACCESS_REMOTE_READ);
	REQUIRE(reads, "errno %d", errno);
	close(read_only);
	tell(side, &reads->rkey, sizeof(reads->rkey));
	meet(side);
	REQUIRE(ask(&provider, LOOK) == 'p');
	REQUIRE(ibv_dereg_mr(reads) == 0 && ibv_dereg_mr(region) == 0);
	// Neither a refusal nor a registration that ended has left a lease.
	REQUIRE(ask(&provider, TRY) == FREE);
	close(ends[0]);
	close(ends[1]);
	close(file);
	end_provider(&provider);
}

static void use_reading(struct side *side)
{
	uint32_t rkey = use_provided(side);
	hear(side, &rkey, sizeof(rkey));
	memset(side->memory, 0, LENGTH);
	expect_status(side, IBV_WR_RDMA_READ, rkey, 0, LENGTH, IBV_WC_SUCCESS);
	REQUIRE(side->memory[LENGTH - 1] == 'p');
	expect_status(side, IBV_WR_RDMA_WRITE, rkey, 0, 8, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

// What the kernel counts as locked or pinned.
static unsigned long held_kilobytes(void)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long kilobytes, sum = 0;
	int lines = 0;
	REQUIRE(status);
	while (fgets(line, sizeof(line), status)) {
		if (sscanf(line, "VmLck: %lu", &kilobytes) == 1 || sscanf(line, "VmPin: %lu", &kilobytes) == 1) {
			sum += kilobytes;
			lines++;
		}
	}
	fclose(status);
	REQUIRE(lines == 2);
	return sum;
}

// The provided bytes go out, as any registered ones do.
static void send_from(struct side *side, const struct ibv_mr *region)
{
	struct ibv_sge own = { .addr = ADDRESS + PAGE, .length = 5 * PAGE, .lkey = region->lkey };
	struct ibv_send_wr wr = request(IBV_WR_SEND, 1, &own, 1);
	post_send(side, &wr);
	expect(side->sent, 1, IBV_WC_SUCCESS);
}

// It is the provider's memory, and charged to nobody; sent from it, counted in it, with the program's descriptor closed.
static void used(struct side *side)
{
	const struct rlimit none = { 0, 0 };
	REQUIRE(setrlimit(RLIMIT_MEMLOCK, &none) == 0);
	struct provider provider;
	unsigned long before = held_kilobytes();
	struct ibv_mr *region = begin(side, &provider);
	REQUIRE(held_kilobytes() == before);
	if (geteuid() != 0)
		REQUIRE(!ibv_reg_mr(side->domain, side->memory, PAGE, ALL_ACCESS) && errno == EPERM, "errno %d", errno);
	close(provider.memory);
	provider.memory = open("/dev/null", O_RDONLY | O_CLOEXEC);
	meet(side);
	send_from(side, region);
	meet(side);
	REQUIRE(ask(&provider, LOOK) == 'p' + 1);
	REQUIRE(ibv_dereg_mr(region) == 0);
	end_provider(&provider);
}

static void use_otherwise(struct side *side)
{
	uint32_t rkey = use_provided(side);
	memset(side->memory, 0, BYTES);
	post_receive(side, 2, 0, BYTES);
	meet(side);
	REQUIRE(expect(side->received, 2, IBV_WC_SUCCESS).byte_len == 5 * PAGE && side->memory[5 * PAGE - 1] == 'p');
	expect_status(side, IBV_WR_ATOMIC_FETCH_AND_ADD, rkey, 0, 8, IBV_WC_SUCCESS);
	REQUIRE(memcmp(side->memory, "pppppppp", 8) == 0);
	meet(side);
}

// The provider allows no more, and waits for the last registration.
static void waited_for(struct side *side)
{
	struct provider provider;
	struct ibv_mr *first = begin(side, &provider);
	struct ibv_mr *second = ibv_reg_dmabuf_mr(side->domain, 0, PAGE, ADDRESS, provider.memory, IBV_ACCESS_REMOTE_READ);
	REQUIRE(second && ask(&provider, TRY) == BUSY && ask(&provider, CLOSE) == CLOSE);
	expect_refusal(side, OFFSET, LENGTH, ADDRESS, provider.memory, ALL_ACCESS, ENODEV);
	meet(side);
	meet(side);
	REQUIRE(ibv_dereg_mr(first) == 0);
	REQUIRE(ask(&provider, TRY) == BUSY);
	command(&provider, WAIT);
	struct pollfd ready = { provider.socket, POLLIN, 0 };
	REQUIRE(poll(&ready, 1, 20) == 0);
	REQUIRE(ibv_dereg_mr(second) == 0);
	REQUIRE(answer(&provider) == FREE);
	expect_refusal(side, OFFSET, LENGTH, ADDRESS, provider.memory, ALL_ACCESS, ENODEV);
	end_provider(&provider);
}

static void use_while_waited_for(struct side *side)
{
	uint32_t rkey = use_provided(side);
	meet(side);
	expect_status(side, IBV_WR_RDMA_WRITE, rkey, 0, 64, IBV_WC_SUCCESS);
	meet(side);
}

// Keys are reserved as long as their registration is there, whatever became of its memory.
static void expect_reserved(struct side *side, struct ibv_mr *revoked)
{
	struct ibv_mr *others[64];
	for (int i = 0; i < 64; i++) {
		others[i] = ibv_reg_mr(side->domain, side->memory, PAGE, ALL_ACCESS);
		REQUIRE(others[i] && others[i]->rkey >> 8 != revoked->rkey >> 8);
	}
	for (int i = 0; i < 64; i++)
		REQUIRE(ibv_dereg_mr(others[i]) == 0);
}

// The provider takes it away: nobody reaches anything, and the key is the registration's until it ends.
static void revoked(struct side *side)
{
	struct provider provider;
	struct ibv_mr *region = begin(side, &provider);
	REQUIRE(ask(&provider, REVOKE) == REVOKE);
	expect_refusal(side, OFFSET, LENGTH, ADDRESS, provider.memory, ALL_ACCESS, EINVAL);
	meet(side);
	meet(side);
	expect_reserved(side, region);
	REQUIRE(ibv_dereg_mr(region) == 0);
	REQUIRE(ask(&provider, TRY) == FREE);
	end_provider(&provider);
}

static void use_revoked(struct side *side)
{
	uint32_t rkey = use_provided(side);
	meet(side);
	expect_status(side, IBV_WR_RDMA_WRITE, rkey, 0, 2 * PAGE, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

// Its own use of what was taken away is its own error.
static void use_own_revoked(struct side *side)
{
	struct provider provider;
	struct ibv_mr *region = begin(side, &provider);
	REQUIRE(ask(&provider, REVOKE) == REVOKE);
	struct ibv_sge own = { .addr = ADDRESS, .length = 2 * PAGE, .lkey = region->lkey };
	struct ibv_send_wr wr = remote(side, IBV_WR_RDMA_WRITE, 1, &own, 0);
	post_send(side, &wr);
	expect(side->sent, 1, IBV_WC_LOC_PROT_ERR);
	REQUIRE(ibv_dereg_mr(region) == 0);
	end_provider(&provider);
}

static void be_used(struct side *side) { use_provided(side); }

// Taken away in the midst of writes: each of them is there or refused.
static void revoked_amid(struct side *side)
{
	struct provider provider;
	struct ibv_mr *region = begin(side, &provider);
	meet(side);
	usleep(2000);
	REQUIRE(ask(&provider, REVOKE) == REVOKE);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
	end_provider(&provider);
}

static void use_until_revoked(struct side *side)
{
	uint32_t rkey = use_provided(side);
	enum ibv_wc_status status;
	meet(side);
	while ((status = act(side, IBV_WR_RDMA_WRITE, rkey, 0, LENGTH)) == IBV_WC_SUCCESS)
		;
	REQUIRE(status == IBV_WC_REM_ACCESS_ERR, "%s", ibv_wc_status_str(status));
	meet(side);
}

// A provider that is killed leaves its memory to those who have registered it.
static void left_alone(struct side *side)
{
	struct provider provider;
	int status;
	struct ibv_mr *region = begin(side, &provider);
	close(provider.memory);
	close(provider.socket);
	REQUIRE(kill(provider.pid, SIGKILL) == 0 && waitpid(provider.pid, &status, 0) == provider.pid);
	meet(side);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static void use_left_alone(struct side *side)
{
	uint32_t rkey = use_provided(side);
	meet(side);
	memset(side->memory, 'q', LENGTH);
	expect_status(side, IBV_WR_RDMA_WRITE, rkey, 0, LENGTH, IBV_WC_SUCCESS);
	memset(side->memory, 0, LENGTH);
	expect_status(side, IBV_WR_RDMA_READ, rkey, 0, LENGTH, IBV_WC_SUCCESS);
	REQUIRE(side->memory[LENGTH - 1] == 'q');
	meet(side);
}

// Registers, forks, and tells the child's number: both wait to be killed.
_Noreturn static void register_and_wait(struct provider *provider, int end)
{
	int count;
	struct ibv_device **list = ibv_get_device_list(&count);
	struct ibv_context *context = list && count > 0 ? ibv_open_device(list[0]) : NULL;
	struct ibv_pd *domain = context ? ibv_alloc_pd(context) : NULL;
	REQUIRE(domain && ibv_reg_dmabuf_mr(domain, 0, BYTES, ADDRESS, provider->memory, ALL_ACCESS), "errno %d", errno);
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child > 0)
		REQUIRE(write(end, &child, sizeof(child)) == sizeof(child));
	alarm(60);
	for (;;)
		pause();
}

// Who is killed uses nothing any more, though a child of his lives on.
static void killed(struct side *side)
{
	struct provider provider = start_provider();
	int ends[2], status;
	pid_t grandchild;
	REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0)
		register_and_wait(&provider, ends[1]);
	close(ends[1]);
	REQUIRE(read(ends[0], &grandchild, sizeof(grandchild)) == sizeof(grandchild));
	REQUIRE(ask(&provider, TRY) == BUSY);
	REQUIRE(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
	REQUIRE(ask(&provider, WAIT) == FREE);
	REQUIRE(kill(grandchild, SIGKILL) == 0);
	close(ends[0]);
	end_provider(&provider);
	meet(side);
}

// A dma-buf of pages of a file, as a driver exports its memory. The file cannot shrink: nothing is revoked.
static int export_memory(int *file)
{
	*file = memfd_create("exported", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	REQUIRE(*file >= 0 && ftruncate(*file, BYTES) == 0 && fcntl(*file, F_ADD_SEALS, F_SEAL_SHRINK) == 0);
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	REQUIRE(device >= 0, "/dev/udmabuf: errno %d", errno);
	struct udmabuf_create pages = { .memfd = (unsigned)*file, .flags = UDMABUF_FLAGS_CLOEXEC, .size = BYTES };
	int buffer = ioctl(device, UDMABUF_CREATE, &pages);
	REQUIRE(buffer >= 0, "UDMABUF_CREATE: errno %d", errno);
	close(device);
	return buffer;
}

// As long as it is registered, though no descriptor of it is open.
static void exported(struct side *side)
{
	int file, buffer = export_memory(&file);
	unsigned char byte = 0;
	expect_refusal(side, 0, BYTES + 1, ADDRESS, buffer, ALL_ACCESS, EINVAL);
	struct ibv_mr *region = ibv_reg_dmabuf_mr(side->domain, OFFSET, LENGTH, ADDRESS, buffer, ALL_ACCESS);
	REQUIRE(region, "errno %d", errno);
	close(buffer);
	tell(side, &region->rkey, sizeof(region->rkey));
	meet(side);
	REQUIRE(pread(file, &byte, 1, OFFSET) == 1 && byte == 'p');
	REQUIRE(pread(file, &byte, 1, OFFSET + LENGTH - 1) == 1 && byte == 'p');
	REQUIRE(pread(file, &byte, 1, OFFSET + LENGTH) == 1 && byte == 0);
	meet(side);
	send_from(side, region);
	meet(side);
	REQUIRE(pread(file, &byte, 1, OFFSET) == 1 && byte == 'p' + 1);
	struct ibv_sge place = { .addr = ADDRESS + 5, .length = LENGTH - 5, .lkey = region->lkey };
	struct ibv_recv_wr receive = { .wr_id = 3, .sg_list = &place, .num_sge = 1 }, *bad;
	REQUIRE(ibv_post_recv(side->pair, &receive, &bad) == 0);
	meet(side);
	REQUIRE(expect(side->received, 3, IBV_WC_SUCCESS).byte_len == LENGTH - 5);
	REQUIRE(pread(file, &byte, 1, OFFSET + 4) == 1 && byte == 'p');
	REQUIRE(pread(file, &byte, 1, OFFSET + 5) == 1 && byte == 'r');
	REQUIRE(pread(file, &byte, 1, OFFSET + LENGTH - 1) == 1 && byte == 'r');
	REQUIRE(ibv_dereg_mr(region) == 0);
	close(file);
}

static void use_exported(struct side *side)
{
	use_otherwise(side);
	memset(side->memory, 'r', LENGTH);
	meet(side);
	struct ibv_sge own = piece(side, 0, LENGTH - 5);
	struct ibv_send_wr wr = request(IBV_WR_SEND, 4, &own, 1);
	post_send(side, &wr);
	expect(side->sent, 4, IBV_WC_SUCCESS);
}

const struct scenario provider_scenarios[] = {
	{ "provider-used", { .bytes = BYTES }, use_otherwise, used },
	{ "provider-refused", { .bytes = BYTES }, use_reading, refused },
	{ "provider-waited-for", { .bytes = BYTES }, use_while_waited_for, waited_for },
	{ "provider-revoked", { .bytes = BYTES }, use_revoked, revoked },
	{ "provider-revoked-local", { .bytes = BYTES }, be_used, use_own_revoked },
	{ "provider-revoked-amid", { .bytes = BYTES }, use_until_revoked, revoked_amid },
	{ "provider-killed", { .bytes = BYTES }, use_left_alone, left_alone },
	{ "exported-used", { .bytes = BYTES }, use_exported, exported },
	{ "provider-user-killed", { .bytes = BYTES }, meet, killed },
	{ 0 },
};
