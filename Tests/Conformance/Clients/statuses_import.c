// statuses_import.c - one process makes, another imports: device, protection domain, region, device memory (ibv_import_device(3)).
//
// The target is the owner; the initiator is given a copy of its command descriptor and its handles (statuses_guest.c), and uses them.
#define _GNU_SOURCE
#include "statuses_guest.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// More than one chunk of a copy by an agent.
enum { BYTES = 20 * PAGE, ENDINGS = 10, ADDITIONS = 300 };

static const size_t sizes[] = { 1, 64, 2000, BYTES };

// --- used ---------------------------------------------------------------------------------------------------------------------------

// The owner's side of it: what each seed's bytes are written by.
static void be_imported(struct side *side)
{
	fill(side, 0, BYTES, 1);
	offer(side, side->region);
	meet(side);
	for (unsigned seed = 2; seed <= 3; seed++) {
		meet(side);
		expect_filled(side, 0, BYTES, seed);
		meet(side);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		meet(side);
		expect_filled(side, 0, sizes[i], 4 + i);
		meet(side);
	}
}

// The guest's requests gather from the owner's memory, and scatter into it; requests to the guest name it by its key.
static void gather_imported(struct side *side, struct side *guest)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		memset(side->memory, 0, BYTES);
		post_receive(side, 2, 0, BYTES);
		expect_status(guest, IBV_WR_SEND, sizes[i], IBV_WC_SUCCESS);
		REQUIRE(expect(side->received, 2, IBV_WC_SUCCESS).byte_len == sizes[i]);
		expect_filled(side, 0, sizes[i], 1);
	}
	memset(side->memory, 0, BYTES);
	expect_status(guest, IBV_WR_RDMA_WRITE, BYTES, IBV_WC_SUCCESS);
	expect_filled(side, 0, BYTES, 1);
	memset(side->memory, 0, BYTES);
	expect_status(side, IBV_WR_RDMA_READ, BYTES, IBV_WC_SUCCESS);
	expect_filled(side, 0, BYTES, 1);
}

static void import_and_use(struct side *side)
{
	struct side guest;
	welcome(&guest, side);
	gather_imported(side, &guest);
	meet(side);
	fill(side, 0, BYTES, 2);
	expect_status(&guest, IBV_WR_RDMA_READ, BYTES, IBV_WC_SUCCESS);
	meet(side);
	meet(side);
	fill(side, 0, BYTES, 3);
	expect_status(side, IBV_WR_RDMA_WRITE, BYTES, IBV_WC_SUCCESS);
	meet(side);
	meet(side);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		fill(side, 0, sizes[i], 4 + i);
		post_receive(&guest, 3, 0, BYTES);
		expect_status(side, IBV_WR_SEND, sizes[i], IBV_WC_SUCCESS);
		REQUIRE(expect(guest.received, 3, IBV_WC_SUCCESS).byte_len == sizes[i]);
		meet(side);
		meet(side);
	}
	close_guest(&guest);
}

// Memory of both in one request: what the importer registers on the imported domain is its own.
static void import_and_mix(struct side *side)
{
	struct side guest;
	welcome(&guest, side);
	unsigned char word[8] = "importer";
	struct ibv_mr *own = ibv_reg_mr(guest.domain, word, sizeof(word), 0);
	REQUIRE(own, "errno %d", errno);
	struct ibv_sge both[] = { piece(&guest, 0, 100), { .addr = (uintptr_t)word, .length = sizeof(word), .lkey = own->lkey } };
	struct ibv_send_wr wr = request(IBV_WR_RDMA_WRITE, 1, both, 2);
	wr.wr.rdma.remote_addr = (uintptr_t)side->memory;
	wr.wr.rdma.rkey = side->region->rkey;
	post_send(&guest, &wr);
	expect(guest.sent, 1, IBV_WC_SUCCESS);
	expect_filled(side, 0, 100, 1);
	REQUIRE(memcmp(side->memory + 100, word, sizeof(word)) == 0);
	REQUIRE(ibv_dereg_mr(own) == 0);
	meet(side);
	close_guest(&guest);
}

static void offer_filled(struct side *side)
{
	fill(side, 0, BYTES, 1);
	offer(side, side->region);
	meet(side);
}

// Both import from each other, and each guest writes what it gathers of the other's memory to what the other's guest has of its own:
// each copy waits for an agent that waits for the other one.
static void trade(struct side *side)
{
	enum { ROUNDS = 40 };
	struct side guest;
	struct offer theirs;
	fill(side, 0, BYTES, 5);
	offer(side, side->region);
	int descriptor = take(side->socket, &theirs);
	import_into(&guest, side, descriptor, &theirs);
	open_guest_pair(&guest);
	struct address own = address_of(&guest);
	tell(side, &own, sizeof(own));
	hear(side, &guest.peer, sizeof(guest.peer));
	to_initialized(&guest);
	to_ready(&guest, guest.peer.queue_pair);
	meet(side);
	for (int i = 0; i < ROUNDS; i++)
		expect_status(&guest, IBV_WR_RDMA_WRITE, i % 2 ? BYTES : 64, IBV_WC_SUCCESS);
	meet(side);
	expect_filled(side, 0, BYTES, 5);
	meet(side);
	close_guest(&guest);
}

// --- rights, and their end ----------------------------------------------------------------------------------------------------------

// A region to be read locally only: the importer's requests have the same rights as the owner's.
static void offer_without_rights(struct side *side)
{
	fill(side, 0, BYTES, 1);
	struct ibv_mr *region = ibv_reg_mr(side->domain, side->memory, BYTES, 0);
	REQUIRE(region);
	for (int i = 0; i < 3; i++) {
		offer(side, region);
		meet(side);
	}
	expect_filled(side, 0, BYTES, 1);
	REQUIRE(ibv_dereg_mr(region) == 0);
}

static void renew(struct side *side)
{
	struct ibv_qp_attr attributes = { .qp_state = IBV_QPS_RESET };
	REQUIRE(ibv_modify_qp(side->pair, &attributes, IBV_QP_STATE) == 0);
}

static void exceed_rights(struct side *side)
{
	static const struct { bool by_guest; enum ibv_wr_opcode opcode; enum ibv_wc_status status; } requests[] = {
		{ true, IBV_WR_RDMA_READ, IBV_WC_LOC_PROT_ERR },
		{ false, IBV_WR_RDMA_WRITE, IBV_WC_REM_ACCESS_ERR },
		{ false, IBV_WR_RDMA_READ, IBV_WC_REM_ACCESS_ERR },
	};
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		struct side guest;
		welcome(&guest, side);
		memset(side->memory, 0, BYTES);
		expect_status(&guest, IBV_WR_RDMA_WRITE, BYTES, IBV_WC_SUCCESS);
		expect_filled(side, 0, BYTES, 1);
		expect_status(requests[i].by_guest ? &guest : side, requests[i].opcode, 64, requests[i].status);
		close_guest(&guest);
		renew(side);
		meet(side);
	}
}

// Adds to a word of the guest's region; what was there before is stored elsewhere.
static void count_up(struct side *side)
{
	const uint64_t *before = (uint64_t *)side->memory;
	uint64_t last = 0;
	struct ibv_sge result = piece(side, 0, sizeof(last));
	for (int i = 0; i < ADDITIONS; i++) {
		struct ibv_send_wr wr = remote(side, IBV_WR_ATOMIC_FETCH_AND_ADD, 1, &result, PAGE);
		wr.wr.atomic.compare_add = 1;
		post_send(side, &wr);
		expect(side->sent, 1, IBV_WC_SUCCESS);
		REQUIRE(i == 0 || *before > last, "%lu after %lu", *before, last);
		last = *before;
	}
}

// The owner's peers and the importer's add to the same word, and nothing is lost.
static void count_in_own(struct side *side)
{
	struct side guest;
	memset(side->memory, 0, BYTES);
	offer(side, side->region);
	struct offer own = { .domain = side->domain->handle, .region = side->region->handle, .start = (uintptr_t)side->memory };
	import_into(&guest, side, fcntl(side->context->cmd_fd, F_DUPFD_CLOEXEC, 0), &own);
	open_guest(&guest, side);
	meet(side);
	count_up(side);
	meet(side);
	uint64_t sum = *(uint64_t *)(side->memory + PAGE);
	REQUIRE(sum == 2 * ADDITIONS, "%lu", sum);
	meet(side);
	meet(side);
	expect_filled(side, PAGE, 8, 6);
	close_guest(&guest);
}

static void count_in_imported(struct side *side)
{
	struct side guest;
	welcome(&guest, side);
	meet(side);
	count_up(side);
	meet(side);
	meet(side);
	// Then the whole word is swapped for another.
	fill(side, PAGE, 8, 6);
	struct ibv_sge result = piece(side, 0, 8);
	struct ibv_send_wr wr = remote(side, IBV_WR_ATOMIC_CMP_AND_SWP, 1, &result, PAGE);
	wr.wr.atomic.compare_add = 2 * ADDITIONS;
	memcpy(&wr.wr.atomic.swap, side->memory + PAGE, 8);
	post_send(side, &wr);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	meet(side);
	close_guest(&guest);
}

// The owner ends it while it is imported.
static void end_imported(struct side *side)
{
	fill(side, 0, BYTES, 1);
	for (int i = 0; i < 2; i++) {
		struct ibv_mr *region = ibv_reg_mr(side->domain, side->memory, BYTES, ALL_ACCESS);
		REQUIRE(region);
		offer(side, region);
		meet(side);
		REQUIRE(ibv_dereg_mr(region) == 0);
		meet(side);
		meet(side);
	}
	expect_filled(side, 0, BYTES, 1);
}

static void use_ended(struct side *side)
{
	for (int i = 0; i < 2; i++) {
		struct side guest;
		struct offer offer = welcome(&guest, side);
		expect_status(&guest, IBV_WR_RDMA_WRITE, BYTES, IBV_WC_SUCCESS);
		meet(side);
		meet(side);
		if (i == 0)
			expect_status(&guest, IBV_WR_RDMA_WRITE, 64, IBV_WC_LOC_PROT_ERR);
		else
			expect_status(side, IBV_WR_RDMA_WRITE, 64, IBV_WC_REM_ACCESS_ERR);
		errno = 0;
		REQUIRE(!ibv_import_mr(guest.domain, offer.region) && errno == ENOENT, "errno %d", errno);
		close_guest(&guest);
		renew(side);
		meet(side);
	}
}

// Ended amid copies into it: what the owner writes there afterwards stays.
static void end_amid(struct side *side)
{
	for (int i = 0; i < ENDINGS; i++) {
		struct ibv_mr *region = ibv_reg_mr(side->domain, side->memory, BYTES, ALL_ACCESS);
		REQUIRE(region);
		offer(side, region);
		meet(side);
		usleep(100 * i);
		REQUIRE(ibv_dereg_mr(region) == 0);
		fill(side, 0, BYTES, 9);
		meet(side);
		expect_filled(side, 0, BYTES, 9);
	}
}

static void use_until_ended(struct side *side)
{
	for (int i = 0; i < ENDINGS; i++) {
		struct side guest;
		enum ibv_wc_status status;
		welcome(&guest, side);
		fill(side, 0, BYTES, 3);
		meet(side);
		while ((status = act(&guest, IBV_WR_RDMA_READ, BYTES)) == IBV_WC_SUCCESS)
			;
		REQUIRE(status == IBV_WC_LOC_PROT_ERR, "%s", ibv_wc_status_str(status));
		meet(side);
		close_guest(&guest);
		renew(side);
	}
}

_Noreturn static void own_and_wait(int socket)
{
	static unsigned char memory[BYTES];
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context = list && list[0] ? ibv_open_device(list[0]) : NULL;
	struct ibv_pd *domain = context ? ibv_alloc_pd(context) : NULL;
	struct ibv_mr *region = domain ? ibv_reg_mr(domain, memory, BYTES, ALL_ACCESS) : NULL;
	REQUIRE(region, "errno %d", errno);
	struct offer offer = { .domain = domain->handle, .region = region->handle, .start = (uintptr_t)memory };
	give(socket, context->cmd_fd, &offer);
	alarm(60);
	for (;;)
		pause();
}

// The owner is killed: its memory has gone, and what was imported is nobody's.
static void outlive_owner(struct side *side)
{
	int ends[2], status;
	struct offer offer;
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0)
		own_and_wait(ends[1]);
	int descriptor = take(ends[0], &offer), copy = dup(descriptor);
	struct side guest;
	import_into(&guest, side, descriptor, &offer);
	open_guest(&guest, side);
	expect_status(&guest, IBV_WR_RDMA_WRITE, BYTES, IBV_WC_SUCCESS);
	REQUIRE(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
	expect_status(&guest, IBV_WR_RDMA_WRITE, BYTES, IBV_WC_LOC_PROT_ERR);
	errno = 0;
	REQUIRE(!ibv_import_device(copy) && errno == ENODEV, "errno %d", errno);
	errno = 0;
	REQUIRE(!ibv_import_pd(guest.context, offer.domain) && errno == ENODEV, "errno %d", errno);
	REQUIRE(!ibv_import_mr(guest.domain, offer.region) && errno == ENODEV, "errno %d", errno);
	REQUIRE(close(copy) == 0);
	close_guest(&guest);
	close(ends[0]);
	close(ends[1]);
}

static void nothing(struct side *side) { (void)side; }

// --- device memory ------------------------------------------------------------------------------------------------------------------

static void offer_device_memory(struct side *side)
{
	struct ibv_alloc_dm_attr attributes = { .length = PAGE };
	struct ibv_dm *memory = ibv_alloc_dm(side->context, &attributes);
	REQUIRE(memory, "errno %d", errno);
	fill(side, 0, PAGE, 1);
	REQUIRE(ibv_memcpy_to_dm(memory, 0, side->memory, PAGE) == 0);
	struct offer offer = { .domain = side->domain->handle, .region = side->region->handle, .memory = memory->handle,
			       .start = (uintptr_t)side->memory };
	give(side->socket, side->context->cmd_fd, &offer);
	for (unsigned seed = 2; seed <= 3; seed++) {
		meet(side);
		memset(side->memory, 0, PAGE);
		REQUIRE(ibv_memcpy_from_dm(side->memory, memory, 0, PAGE) == 0);
		expect_filled(side, 0, PAGE, seed);
		meet(side);
	}
	REQUIRE(ibv_free_dm(memory) == 0);
	meet(side);
}

static void import_device_memory(struct side *side)
{
	struct side guest;
	struct offer offer = welcome(&guest, side);
	struct ibv_dm *memory = ibv_import_dm(guest.context, offer.memory);
	REQUIRE(memory && memory->handle == offer.memory, "ibv_import_dm: errno %d", errno);
	memset(side->memory, 0, PAGE);
	REQUIRE(ibv_memcpy_from_dm(side->memory, memory, 0, PAGE) == 0);
	expect_filled(side, 0, PAGE, 1);
	fill(side, 0, PAGE, 2);
	REQUIRE(ibv_memcpy_to_dm(memory, 0, side->memory, PAGE) == 0);
	meet(side);
	meet(side);
	// Registered in its turn, its first byte is address 0.
	struct ibv_mr *region = ibv_reg_dm_mr(guest.domain, memory, 0, PAGE, ALL_ACCESS | IBV_ACCESS_ZERO_BASED);
	REQUIRE(region, "ibv_reg_dm_mr: errno %d", errno);
	fill(side, 0, PAGE, 3);
	struct ibv_sge own = piece(side, 0, PAGE);
	struct ibv_send_wr wr = request(IBV_WR_RDMA_WRITE, 1, &own, 1);
	wr.wr.rdma.rkey = region->rkey;
	post_send(side, &wr);
	expect(side->sent, 1, IBV_WC_SUCCESS);
	meet(side);
	meet(side);
	meet(side);
	int result = ibv_memcpy_from_dm(side->memory, memory, 0, 8);
	REQUIRE(result == EFAULT, "%d", result);
	REQUIRE(ibv_dereg_mr(region) == 0);
	ibv_unimport_dm(memory);
	close_guest(&guest);
}

// --- refused ------------------------------------------------------------------------------------------------------------------------

static void offer_badly(struct side *side)
{
	struct ibv_pd *other = ibv_alloc_pd(side->context);
	struct ibv_mr *region = ibv_reg_mr(other, side->memory, PAGE, ALL_ACCESS);
	REQUIRE(other && region);
	struct offer offer = { .domain = side->domain->handle, .region = side->region->handle, .memory = region->handle, .start = (uintptr_t)side->memory };
	give(side->socket, side->context->cmd_fd, &offer);
	meet(side);
	REQUIRE(ibv_dereg_mr(region) == 0 && ibv_dealloc_pd(other) == 0);
}

static void expect_no_device(int descriptor)
{
	errno = 0;
	REQUIRE(!ibv_import_device(descriptor) && errno == EINVAL, "%d: errno %d", descriptor, errno);
}

static void import_badly(struct side *side)
{
	struct side guest;
	struct offer offer;
	int descriptor = take(side->socket, &offer);
	int forged = memfd_create("forged", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	REQUIRE(forged >= 0 && ftruncate(forged, PAGE) == 0 && fcntl(forged, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0);
	expect_no_device(-1);
	expect_no_device(side->socket);
	expect_no_device(side->context->async_fd);
	expect_no_device(forged);
	REQUIRE(close(forged) == 0);

	import_into(&guest, side, descriptor, &offer);
	const uint32_t no_domains[] = { 0, offer.region, offer.memory, 0xffffff, UINT32_MAX };
	const uint32_t no_regions[] = { 0, offer.domain, offer.memory, 0xffffff, UINT32_MAX };
	const uint32_t no_memories[] = { 0, offer.domain, offer.region, 0xffffff, UINT32_MAX };
	for (int i = 0; i < 5; i++) {
		errno = 0;
		REQUIRE(!ibv_import_pd(guest.context, no_domains[i]) && errno == ENOENT, "%#x: errno %d", no_domains[i], errno);
		errno = 0;
		REQUIRE(!ibv_import_mr(guest.domain, no_regions[i]) && errno == ENOENT, "%#x: errno %d", no_regions[i], errno);
		errno = 0;
		REQUIRE(!ibv_import_dm(guest.context, no_memories[i]) && errno == ENOENT, "%#x: errno %d", no_memories[i], errno);
	}
	REQUIRE(ibv_rereg_mr(guest.region, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, 0) != 0);
	open_guest(&guest, side);
	REQUIRE(ibv_dealloc_pd(guest.domain) == EBUSY);
	close_guest(&guest);
	meet(side);
}

// --- within one process -------------------------------------------------------------------------------------------------------------

// The keys are the same there, and what is destroyed is destroyed once.
static void import_own(struct side *side)
{
	struct side guest;
	struct offer offer = { .domain = side->domain->handle, .region = side->region->handle, .start = (uintptr_t)side->memory };
	int copy = fcntl(side->context->cmd_fd, F_DUPFD_CLOEXEC, 0);
	REQUIRE(copy >= 0);
	import_into(&guest, side, copy, &offer);
	REQUIRE(guest.region->lkey == side->region->lkey && guest.region->rkey == side->region->rkey);
	REQUIRE(guest.region->length == side->region->length);
	open_guest(&guest, side);
	REQUIRE(ibv_dealloc_pd(side->domain) == EBUSY);
	fill(side, 0, PAGE, 1);
	struct ibv_sge own = piece(&guest, 0, PAGE);
	struct ibv_send_wr wr = remote(&guest, IBV_WR_RDMA_WRITE, 1, &own, PAGE);
	post_send(&guest, &wr);
	expect(guest.sent, 1, IBV_WC_SUCCESS);
	expect_filled(side, PAGE, PAGE, 1);
	expect_status(side, IBV_WR_ATOMIC_FETCH_AND_ADD, 8, IBV_WC_SUCCESS);
	close_guest(&guest);
	expect_filled(side, PAGE, PAGE, 1);
}

const struct scenario import_scenarios[] = {
	{ "import-used", { .bytes = BYTES, .alone = true }, import_and_use, be_imported },
	{ "import-mixed", { .bytes = BYTES, .alone = true }, import_and_mix, offer_filled },
	{ "import-mutual", { .bytes = BYTES, .alone = true }, trade, trade },
	{ "import-rights", { .bytes = BYTES, .alone = true }, exceed_rights, offer_without_rights },
	{ "import-atomic", { .bytes = BYTES, .alone = true }, count_in_imported, count_in_own },
	{ "import-ended", { .bytes = BYTES, .alone = true }, use_ended, end_imported },
	{ "import-ended-amid", { .bytes = BYTES, .alone = true }, use_until_ended, end_amid },
	{ "import-owner-killed", { .bytes = BYTES, .alone = true }, outlive_owner, nothing },
	{ "import-device-memory", { .bytes = BYTES, .alone = true }, import_device_memory, offer_device_memory },
	{ "import-refused", { .bytes = BYTES, .alone = true }, import_badly, offer_badly },
	{ "import-own", { .bytes = BYTES, .alone = true }, import_own, nothing },
	{ 0 },
};
