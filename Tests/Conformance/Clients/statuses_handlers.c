// statuses_handlers.c - buffers that went away, in programs that have fault handlers of their own.
//
// A registered buffer may be protected or unmapped behind the device's back. The device must say so by a status, and
// the program's handlers for SIGSEGV must see the program's own faults, and nothing else.
#include "statuses.h"
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

static sigjmp_buf way_out;
static volatile int faults_seen;

static void leave(int number, siginfo_t *information, void *context)
{
	(void)number, (void)information, (void)context;
	faults_seen++;
	siglongjmp(way_out, 1);
}

static void leave_plainly(int number)
{
	(void)number;
	faults_seen++;
	siglongjmp(way_out, 1);
}

static void handle_with_information(void)
{
	struct sigaction action = { .sa_sigaction = leave, .sa_flags = SA_SIGINFO }, now;
	REQUIRE(sigaction(SIGSEGV, &action, NULL) == 0);
	REQUIRE(sigaction(SIGSEGV, NULL, &now) == 0);
	REQUIRE(now.sa_sigaction == leave && (now.sa_flags & SA_SIGINFO), "another handler is reported");
}

static void handle_plainly(void)
{
	REQUIRE(signal(SIGSEGV, leave_plainly) == SIG_DFL, "another handler is reported");
}

// The program's own fault reaches its handler, and the handler reaches the program.
static void fault(struct side *side)
{
	int before = faults_seen;
	if (sigsetjmp(way_out, 1) == 0) {
		*(volatile unsigned char *)side->memory = 1;
		REQUIRE(false, "the page can be written");
	}
	REQUIRE(faults_seen == before + 1);
}

static void lose_buffer(struct side *side, void (*set_handler)(void))
{
	set_handler();
	post_receive(side, 1, 0, 100);
	REQUIRE(mprotect(side->memory, PAGE, PROT_NONE) == 0);
	fault(side);
	meet(side);
	expect(side->received, 1, IBV_WC_LOC_PROT_ERR);
	REQUIRE(faults_seen == 1, "the device's fault reached the program");
	fault(side);
	REQUIRE(mprotect(side->memory, PAGE, PROT_READ | PROT_WRITE) == 0);
	expect_untouched(side, 0, PAGE);
	meet(side);
}

static void lose_buffer_with_information(struct side *side) { lose_buffer(side, handle_with_information); }

static void lose_buffer_plainly(struct side *side) { lose_buffer(side, handle_plainly); }

// Whether the sender learns of it depends on when the receiver looked; that it gets an answer does not.
static void send_and_wait(struct side *side)
{
	struct ibv_sge from = piece(side, 0, 100);
	struct ibv_send_wr send = request(IBV_WR_SEND, 1, &from, 1);
	meet(side);
	post_send(side, &send);
	struct ibv_wc done = next_completion(side->sent);
	REQUIRE(done.wr_id == 1 && (done.status == IBV_WC_SUCCESS || done.status == IBV_WC_REM_OP_ERR), "status %d", done.status);
	meet(side);
}

// A one-sided request on pages that are gone: the initiator learns it, the target is not disturbed.
static void write_to_lost_buffer(struct side *side)
{
	struct ibv_sge from = piece(side, 0, 100);
	struct ibv_send_wr write = remote(side, IBV_WR_RDMA_WRITE, 1, &from, 0);
	meet(side);
	post_send(side, &write);
	expect(side->sent, 1, IBV_WC_REM_ACCESS_ERR);
	meet(side);
}

static void lose_target(struct side *side)
{
	handle_with_information();
	REQUIRE(mprotect(side->memory, PAGE, PROT_NONE) == 0);
	meet(side);
	meet(side);
	REQUIRE(faults_seen == 0);
	fault(side);
	REQUIRE(mprotect(side->memory, PAGE, PROT_READ | PROT_WRITE) == 0);
	expect_untouched(side, 0, PAGE);
}

const struct scenario handler_scenarios[] = {
	{ "lost-receive-buffer", { 0 }, send_and_wait, lose_buffer_with_information },
	{ "lost-receive-buffer-plain-handler", { 0 }, send_and_wait, lose_buffer_plainly },
	{ "lost-write-target", { 0 }, write_to_lost_buffer, lose_target },
	{ 0 },
};
