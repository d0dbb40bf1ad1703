// xrc.c - plays one scenario of an extended reliable connection: xrc --list | NAME
#define _GNU_SOURCE
#include "xrc.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUARD_SECONDS = 60 };

_Noreturn void fail(const char *file, int line, const char *condition, long value)
{
	fprintf(stderr, "%s:%d: process %d: not so: %s (%ld, errno %d)\n", file, line, getpid(), condition, value, errno);
	_exit(1);
}

static const size_t lengths[] = { 0, 1, 40, 200, 5000, 70000, BUFFER };
enum { LENGTHS = sizeof lengths / sizeof *lengths };

// Messages of every length arrive in the taker's memory, and say which target they came through.
static void messages(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	for (unsigned i = 0; i < LENGTHS; i++) {
		if (party->role == TAKER) {
			memset(party->memory, 0, BUFFER);
			post_receive(party, 100 + i, 0, BUFFER);
			tell(party, POSTER, i);
			struct ibv_wc found = completion(party);
			REQUIRE_VALUE(found.status == IBV_WC_SUCCESS && found.wr_id == 100 + i, found.status);
			REQUIRE(found.byte_len == lengths[i] && found.qp_num == party->target_number);
			REQUIRE(found.opcode == IBV_WC_RECV && found.wc_flags == (i % 2 ? IBV_WC_WITH_IMM : 0));
			REQUIRE(i % 2 == 0 || found.imm_data == i);
			REQUIRE(is_filled(party->memory, lengths[i], i));
		} else if (party->role == POSTER) {
			REQUIRE(hear(party, TAKER) == i);
			fill(party->memory, lengths[i], i);
			post(party, i % 2 ? IBV_WR_SEND_WITH_IMM : IBV_WR_SEND, i, 0, lengths[i]);
			expect(party, i, IBV_WC_SUCCESS);
		}
	}
}

// Keys are those of the process that owns the queue: the owner of the target is not involved.
static void one_sided(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	if (party->role == TAKER) {
		post_receive(party, 9, 0, 0);
		fill(party->memory + 8192, 4096, 3);
		tell(party, POSTER, 0);
		struct ibv_wc found = completion(party);
		REQUIRE(found.opcode == IBV_WC_RECV_RDMA_WITH_IMM && found.byte_len == 4096 && found.imm_data == 4);
		REQUIRE(is_filled(party->memory, 4096, 1));
		REQUIRE(hear(party, POSTER) == 0);
		uint64_t word;
		memcpy(&word, party->memory + 16384, sizeof word);
		REQUIRE_VALUE(word == 12, word);
	} else if (party->role == POSTER) {
		hear(party, TAKER);
		post(party, IBV_WR_RDMA_READ, 1, 8192, 4096);
		expect(party, 1, IBV_WC_SUCCESS);
		REQUIRE(is_filled(party->memory + 8192, 4096, 3));
		post(party, IBV_WR_ATOMIC_FETCH_AND_ADD, 5, 16384, 8);
		expect(party, 5, IBV_WC_SUCCESS);
		post(party, IBV_WR_ATOMIC_FETCH_AND_ADD, 7, 16384, 8);
		expect(party, 7, IBV_WC_SUCCESS);
		REQUIRE(party->memory[16384] == 5);
		fill(party->memory, 4096, 1);
		post(party, IBV_WR_RDMA_WRITE_WITH_IMM, 4, 0, 4096);
		expect(party, 4, IBV_WC_SUCCESS);
		tell(party, TAKER, 0);
	}
}

// What the poster sees when the target refuses, and what the target is told; the taker hears of nothing.
static void refused(struct party *party, enum ibv_wr_opcode opcode, enum ibv_wc_status status, enum ibv_event_type event)
{
	if (party->role == POSTER) {
		post(party, opcode, 1, 0, 64);
		post(party, opcode, 2, 0, 64);
		expect(party, 1, status);
		expect(party, 2, IBV_WC_WR_FLUSH_ERR);
		expect_state(party->pair, IBV_QPS_ERR);
	} else if (party->role == OWNER) {
		expect_event(party, event);
		expect_state(party->pair, IBV_QPS_ERR);
		tell(party, TAKER, 0);
	} else {
		hear(party, OWNER);
		struct ibv_wc none;
		REQUIRE(ibv_poll_cq(party->completions, 1, &none) == 0);
	}
}

static void unknown_number(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	// A number of a living process, and no queue there.
	party->queue_number = (party->queue_number & ~0xffu) | 0x77;
	refused(party, IBV_WR_SEND, IBV_WC_REM_INV_REQ_ERR, IBV_EVENT_QP_REQ_ERR);
}

static void nobodys_number(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	party->queue_number = 0xfffe00;
	refused(party, IBV_WR_RDMA_WRITE, IBV_WC_REM_INV_REQ_ERR, IBV_EVENT_QP_REQ_ERR);
}

static void foreign_domain(struct party *party)
{
	open_party(party, true);
	connect_parties(party);
	if (party->role == TAKER)
		post_receive(party, 1, 0, 64);
	refused(party, IBV_WR_SEND, IBV_WC_REM_INV_REQ_ERR, IBV_EVENT_QP_ACCESS_ERR);
}

static void wrong_key(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	party->remote_key ^= 0x55;
	refused(party, IBV_WR_RDMA_WRITE, IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR);
}

// The receive is the taker's, so its completion tells; the target is lost all the same.
static void receive_too_small(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	if (party->role == TAKER) {
		post_receive(party, 3, 0, 100);
		tell(party, POSTER, 0);
		struct ibv_wc found = completion(party);
		REQUIRE_VALUE(found.status == IBV_WC_LOC_LEN_ERR && found.wr_id == 3, found.status);
		REQUIRE(found.qp_num == party->target_number);
		tell(party, OWNER, 0);
	} else if (party->role == POSTER) {
		hear(party, TAKER);
		post(party, IBV_WR_SEND, 1, 0, 101);
		expect(party, 1, IBV_WC_REM_INV_REQ_ERR);
	} else {
		hear(party, TAKER);
		expect_state(party->pair, IBV_QPS_ERR);
	}
}

// A message waits for a receive, however long that takes, and a queue may be taken away and come back meanwhile.
static void not_ready(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	if (party->role == TAKER) {
		hear(party, POSTER);
		usleep(20000);
		post_receive(party, 3, 0, 100);
		expect(party, 3, IBV_WC_SUCCESS);
	} else if (party->role == POSTER) {
		post(party, IBV_WR_SEND, 1, 0, 100);
		tell(party, TAKER, 0);
		expect(party, 1, IBV_WC_SUCCESS);
	}
}

// Completions of a queue that is gone are gone; its number means nothing any more.
static void destroyed_queue(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	if (party->role == TAKER) {
		post_receive(party, 1, 0, 100);
		tell(party, POSTER, 0);
		hear(party, POSTER);
		REQUIRE(ibv_destroy_srq(party->queue) == 0);
		party->queue = NULL;
		struct ibv_wc none;
		REQUIRE(ibv_poll_cq(party->completions, 1, &none) == 0);
		tell(party, POSTER, 0);
	} else if (party->role == POSTER) {
		hear(party, TAKER);
		post(party, IBV_WR_SEND, 1, 0, 50);
		expect(party, 1, IBV_WC_SUCCESS);
		tell(party, TAKER, 0);
		hear(party, TAKER);
		post(party, IBV_WR_SEND, 2, 0, 50);
		expect(party, 2, IBV_WC_REM_INV_REQ_ERR);
	} else {
		expect_event(party, IBV_EVENT_QP_REQ_ERR);
	}
}

// The kernel's rules for the two flags, while the taker has the domain open, and when nobody has.
static void domain_flags(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	if (party->role == TAKER) {
		tell(party, OWNER, 0);
		hear(party, OWNER);
		return;
	}
	if (party->role == POSTER)
		return;
	hear(party, TAKER);
	struct ibv_context *context = party->context;
	struct ibv_xrcd *again = open_domain(context, party->file, 0);
	REQUIRE(again && ibv_close_xrcd(again) == 0);
	REQUIRE(!open_domain(context, party->file, O_CREAT | O_EXCL) && errno == EINVAL);
	REQUIRE(!open_domain(context, 1 << 20, O_CREAT) && errno == EBADF);
	REQUIRE(!open_domain(context, party->file, O_APPEND) && errno == EINVAL);
	int other = memfd_create("nobody's", 0);
	REQUIRE(!open_domain(context, other, 0) && errno == EAGAIN);
	struct ibv_xrcd *fresh = open_domain(context, other, O_CREAT | O_EXCL);
	REQUIRE(fresh && !open_domain(context, other, O_CREAT | O_EXCL) && errno == EINVAL);
	REQUIRE(ibv_close_xrcd(fresh) == 0);
	REQUIRE(!open_domain(context, other, 0) && errno == EAGAIN);
	struct ibv_xrcd_init_attr partial = { .comp_mask = IBV_XRCD_INIT_ATTR_FD, .fd = other };
	REQUIRE(!ibv_open_xrcd(context, &partial) && errno == EINVAL);
	REQUIRE(ibv_close_xrcd(party->shared) == EBUSY);
	tell(party, TAKER, 0);
}

static struct ibv_qp *open_target(struct party *party, uint32_t number, struct ibv_xrcd *domain, enum ibv_qp_type type)
{
	struct ibv_qp_open_attr attributes = {
		.comp_mask = IBV_QP_OPEN_ATTR_NUM | IBV_QP_OPEN_ATTR_XRCD | IBV_QP_OPEN_ATTR_TYPE,
		.qp_num = number, .xrcd = domain, .qp_type = type,
	};
	return ibv_open_qp(party->context, &attributes);
}

// Whoever opens a target keeps it in being when its maker lets it go.
static void opened_target(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	if (party->role == TAKER) {
		struct ibv_xrcd *foreign = open_domain(party->context, -1, O_CREAT);
		REQUIRE(!open_target(party, party->target_number, foreign, IBV_QPT_XRC_RECV) && errno == EINVAL);
		REQUIRE(!open_target(party, party->target_number + 9, party->shared, IBV_QPT_XRC_RECV) && errno == EINVAL);
		REQUIRE(!open_target(party, party->target_number, party->shared, IBV_QPT_RC) && errno == EINVAL);
		REQUIRE(ibv_close_xrcd(foreign) == 0);
		struct ibv_qp *opened = open_target(party, party->target_number, party->shared, IBV_QPT_XRC_RECV);
		REQUIRE(opened && opened->qp_num == party->target_number);
		expect_state(opened, IBV_QPS_RTS);
		tell(party, OWNER, 0);
		hear(party, OWNER);
		post_receive(party, 1, 0, 64);
		tell(party, POSTER, 0);
		expect(party, 1, IBV_WC_SUCCESS);
		REQUIRE(ibv_destroy_qp(opened) == 0);
		tell(party, OWNER, 0);
		hear(party, OWNER);
		tell(party, POSTER, 0);
	} else if (party->role == OWNER) {
		hear(party, TAKER);
		REQUIRE(ibv_destroy_qp(party->pair) == 0);
		tell(party, TAKER, 0);
		hear(party, TAKER);
		// The next target that this process makes or destroys finds that the other is nobody's any more.
		struct ibv_qp_init_attr_ex attributes = { .qp_type = IBV_QPT_XRC_RECV, .comp_mask = IBV_QP_INIT_ATTR_XRCD, .xrcd = party->shared };
		party->pair = ibv_create_qp_ex(party->context, &attributes);
		REQUIRE(party->pair && ibv_destroy_qp(party->pair) == 0);
		party->pair = NULL;
		tell(party, TAKER, 0);
	} else {
		hear(party, TAKER);
		post(party, IBV_WR_SEND, 1, 0, 64);
		expect(party, 1, IBV_WC_SUCCESS);
		hear(party, TAKER);
		post(party, IBV_WR_SEND, 2, 0, 64);
		expect(party, 2, IBV_WC_RETRY_EXC_ERR);
	}
}

// The process behind the number dies: the number names nothing any more.
static void dead_taker(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	if (party->role == TAKER) {
		post_receive(party, 1, 0, 64);
		tell(party, POSTER, 0);
		hear(party, POSTER);
		tell(party, POSTER, 0);
		// What the others wait for in the end.
		REQUIRE(write(party->sockets[POSTER], "", 1) == 1 && write(party->sockets[OWNER], "", 1) == 1);
		_exit(0);
	}
	if (party->role == POSTER) {
		hear(party, TAKER);
		post(party, IBV_WR_SEND, 1, 0, 64);
		expect(party, 1, IBV_WC_SUCCESS);
		tell(party, TAKER, 0);
		hear(party, TAKER);
		enum ibv_wc_status status = IBV_WC_SUCCESS;
		// One that is found dead only later takes messages to the grave.
		for (int i = 0; i < RECEIVES && status == IBV_WC_SUCCESS; i++) {
			usleep(10000);
			post(party, IBV_WR_RDMA_READ, 2, 0, 64);
			status = completion(party).status;
		}
		REQUIRE_VALUE(status == IBV_WC_REM_INV_REQ_ERR, status);
		tell(party, OWNER, 0);
	} else {
		hear(party, POSTER);
		expect_event(party, IBV_EVENT_QP_REQ_ERR);
	}
}

// What an object of this kind cannot do is refused where it is asked for.
static void misuse(struct party *party)
{
	open_party(party, false);
	connect_parties(party);
	struct ibv_recv_wr receive = { .wr_id = 1 }, *bad;
	struct ibv_send_wr send = { .wr_id = 1, .opcode = IBV_WR_SEND }, *bad_send;
	if (party->role == TAKER) {
		struct ibv_qp_init_attr attributes = {
			.send_cq = party->completions, .recv_cq = party->completions, .srq = party->queue, .qp_type = IBV_QPT_RC,
		};
		REQUIRE(!ibv_create_qp(party->domain, &attributes) && errno == EINVAL);
		struct ibv_srq_init_attr plain = { .attr = { .max_wr = 1, .max_sge = 1 } };
		struct ibv_srq *ordinary = ibv_create_srq(party->domain, &plain);
		uint32_t number;
		REQUIRE(ordinary && ibv_get_srq_num(ordinary, &number) == EINVAL && ibv_destroy_srq(ordinary) == 0);
		REQUIRE(ibv_destroy_cq(party->completions) == EBUSY);
		return;
	}
	REQUIRE(ibv_post_recv(party->pair, &receive, &bad) == EINVAL && bad == &receive);
	if (party->role == OWNER)
		REQUIRE(ibv_post_send(party->pair, &send, &bad_send) == EINVAL && bad_send == &send);
}

static const struct {
	const char *name;
	void (*play)(struct party *);
} scenarios[] = {
	{ "messages", messages },
	{ "one-sided", one_sided },
	{ "unknown-number", unknown_number },
	{ "nobodys-number", nobodys_number },
	{ "foreign-domain", foreign_domain },
	{ "wrong-key", wrong_key },
	{ "receive-too-small", receive_too_small },
	{ "not-ready", not_ready },
	{ "destroyed-queue", destroyed_queue },
	{ "domain-flags", domain_flags },
	{ "opened-target", opened_target },
	{ "dead-taker", dead_taker },
	{ "misuse", misuse },
};

static pid_t start(enum role role, int pairs[ROLES][ROLES], int file, void (*play)(struct party *))
{
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child > 0)
		return child;
	alarm(GUARD_SECONDS);
	signal(SIGPIPE, SIG_IGN);
	struct party party = { .role = role, .file = file };
	for (int other = 0; other < ROLES; other++)
		party.sockets[other] = pairs[role][other];
	play(&party);
	// Nobody takes its objects away while another still needs them.
	for (int other = 0; other < ROLES; other++)
		if (other != (int)role)
			(void)!write(party.sockets[other], "", 1);
	for (int other = 0; other < ROLES; other++) {
		char byte;
		if (other != (int)role)
			(void)!read(party.sockets[other], &byte, 1);
	}
	close_party(&party);
	_exit(0);
}

int main(int argc, char **argv)
{
	REQUIRE(argc == 2);
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
		if (strcmp(argv[1], "--list") == 0)
			puts(scenarios[i].name);
		if (strcmp(argv[1], scenarios[i].name) != 0)
			continue;
		int pairs[ROLES][ROLES];
		for (int a = 0; a < ROLES; a++)
			for (int b = a + 1; b < ROLES; b++) {
				int ends[2];
				REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
				pairs[a][b] = ends[0];
				pairs[b][a] = ends[1];
			}
		int file = memfd_create("domain", 0);
		pid_t children[ROLES];
		for (int role = 0; role < ROLES; role++)
			children[role] = start(role, pairs, file, scenarios[i].play);
		bool holds = true;
		for (int role = 0; role < ROLES; role++) {
			int status;
			REQUIRE(waitpid(children[role], &status, 0) == children[role]);
			if (status) fprintf(stderr, "%s: party %d ended with status %d\n", argv[1], role, status);
			holds = holds && status == 0;
		}
		if (!holds)
			return 1;
		printf("%s: holds\n", argv[1]);
	}
	return 0;
}
