// storms_kills.c - peers are killed at any instant: the others go on, and are told what an adapter tells.
//
// The survivor has two victims at a time, each a process of its own with a lane to it and traffic of all operations both ways.
// Their messages arrive in one shared receive queue and one completion queue, so that each holds locks that the other needs.
// One victim is killed and replaced, again and again. Every completion must be right, every byte too; a lane to the dead ends
// with "retry exceeded", and what stands behind it is flushed; in the end the survivor holds no more than before.
#define _GNU_SOURCE
#include "storms.h"
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	VICTIMS = 2, LANE_WINDOWS = 4, RECEIVES = 48, DEPTH = 512, MARK = 0x5eed, HEADER = 8,
	// The windows of a lane.
	FROM = 0, INTO = WINDOW, TARGET = 2 * WINDOW, COUNTER = 3 * WINDOW,
};

// One side: an end, and where messages arrive.
struct side {
	struct end end;
	struct ibv_srq *shared;
	struct ibv_cq *arrivals;
	unsigned char *buffers;
};

struct victim {
	struct side *side;
	struct lane lane;
	pid_t process;
	pthread_t thread;
	int socket, index;
	uint64_t numbers;
	_Atomic unsigned long rounds;
};

static unsigned char byte_at(unsigned index, unsigned value) { return (unsigned char)(value + index * 7); }

// Length and first byte, then a pattern.
static void compose(unsigned char *bytes, uint32_t length, uint32_t value)
{
	memcpy(bytes, &length, 4);
	memcpy(bytes + 4, &value, 4);
	for (unsigned i = HEADER; i < length; i++)
		bytes[i] = byte_at(i, value);
}

static void post_receive(struct side *side, int index)
{
	struct ibv_sge into = { (uintptr_t)side->buffers + (size_t)index * WINDOW, WINDOW, side->end.region->lkey };
	struct ibv_recv_wr receive = { .wr_id = index, .sg_list = &into, .num_sge = 1 }, *bad;
	REQUIRE(ibv_post_srq_recv(side->shared, &receive, &bad) == 0);
}

static void open_side(struct side *side, int lanes)
{
	struct ibv_srq_init_attr attributes = { .attr = { .max_wr = RECEIVES, .max_sge = 1 } };
	open_end(&side->end, lanes * LANE_WINDOWS + RECEIVES);
	side->buffers = side->end.memory + (size_t)lanes * LANE_WINDOWS * WINDOW;
	side->shared = ibv_create_srq(side->end.domain, &attributes);
	side->arrivals = ibv_create_cq(side->end.context, DEPTH, NULL, NULL, 0);
	REQUIRE(side->shared && side->arrivals);
	for (int i = 0; i < RECEIVES; i++)
		post_receive(side, i);
}

static void open_victims_lane(struct lane *lane, struct side *side, int index)
{
	*lane = (struct lane){ .end = &side->end, .window = side->end.memory + (size_t)index * LANE_WINDOWS * WINDOW, .timeout = 10, .retries = 7 };
	lane->queue = ibv_create_cq(side->end.context, DEPTH, NULL, NULL, 0);
	REQUIRE(lane->queue);
	struct ibv_qp_init_attr attributes = {
		.send_cq = lane->queue, .recv_cq = side->arrivals, .srq = side->shared, .qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 16, .max_send_sge = 1 },
	};
	lane->pair = ibv_create_qp(side->end.domain, &attributes);
	REQUIRE(lane->pair);
	memset(lane->window, 0, LANE_WINDOWS * WINDOW);
}

// Takes what has arrived; what has arrived is whole.
static int take_arrivals(struct side *side)
{
	struct ibv_wc done;
	int count = 0;
	while (ibv_poll_cq(side->arrivals, 1, &done) == 1) {
		const unsigned char *bytes = side->buffers + done.wr_id * WINDOW;
		REQUIRE_VALUE(done.status == IBV_WC_SUCCESS, done.status);
		REQUIRE_VALUE(done.wr_id < RECEIVES, done.wr_id);
		REQUIRE_VALUE(!(done.wc_flags & IBV_WC_WITH_IMM) || done.imm_data == MARK, done.imm_data);
		if (done.opcode == IBV_WC_RECV) {
			uint32_t length, value;
			memcpy(&length, bytes, 4);
			memcpy(&value, bytes + 4, 4);
			REQUIRE_VALUE(length == done.byte_len, length);
			for (unsigned i = HEADER; i < length; i++)
				REQUIRE_VALUE(bytes[i] == byte_at(i, value), i);
		}
		post_receive(side, (int)done.wr_id);
		count++;
	}
	return count;
}

// False when the peer has died: the first request fails by its retries, the others are flushed.
static int await(struct lane *lane, struct side *side, int count)
{
	int failures = 0;
	while (count > 0) {
		struct ibv_wc done;
		int found = ibv_poll_cq(lane->queue, 1, &done);
		REQUIRE_VALUE(found >= 0, found);
		if (found && done.status != IBV_WC_SUCCESS) {
			REQUIRE_VALUE(done.status == (failures ? IBV_WC_WR_FLUSH_ERR : IBV_WC_RETRY_EXC_ERR), done.status);
			failures++;
		} else if (found) {
			REQUIRE_VALUE(failures == 0, failures);
		}
		count -= found;
		if (!found && side)
			take_arrivals(side);
	}
	return failures == 0;
}

static void post(struct lane *lane, enum ibv_wr_opcode opcode, size_t own, size_t theirs, unsigned length)
{
	struct ibv_sge piece = { (uintptr_t)lane->window + own, length, lane->end->region->lkey };
	struct ibv_send_wr request = { .opcode = opcode, .sg_list = &piece, .num_sge = 1, .imm_data = MARK }, *bad;
	if (opcode == IBV_WR_ATOMIC_FETCH_AND_ADD || opcode == IBV_WR_ATOMIC_CMP_AND_SWP) {
		request.wr.atomic.remote_addr = lane->peer.window + theirs;
		request.wr.atomic.rkey = lane->peer.rkey;
		request.wr.atomic.compare_add = opcode == IBV_WR_ATOMIC_FETCH_AND_ADD ? 1 : lane->added;
		request.wr.atomic.swap = lane->added + 1;
	} else {
		request.wr.rdma.remote_addr = lane->peer.window + theirs;
		request.wr.rdma.rkey = lane->peer.rkey;
	}
	int result = ibv_post_send(lane->pair, &request, &bad);
	REQUIRE_VALUE(result == 0, result);
}

// One operation of any kind, or two that can be compared. False when the peer has died.
static int play_round(struct lane *lane, struct side *side, uint64_t *numbers)
{
	static const unsigned most[] = { 16, 80, 4096, WINDOW - HEADER };
	static const enum ibv_wr_opcode messages[] = { IBV_WR_SEND, IBV_WR_SEND_WITH_IMM, IBV_WR_RDMA_WRITE_WITH_IMM };
	unsigned length = HEADER + below(numbers, most[below(numbers, 4)]), kind = below(numbers, 6);

	compose(lane->window + FROM, length, (uint32_t)next_number(numbers));
	if (kind < 3) {
		post(lane, messages[kind], FROM, TARGET, length);
		return await(lane, side, 1);
	}
	if (kind == 3) {
		memset(lane->window + INTO, 0, length);
		post(lane, IBV_WR_RDMA_WRITE, FROM, TARGET, length);
		post(lane, IBV_WR_RDMA_READ, INTO, TARGET, length);
		if (!await(lane, side, 2))
			return 0;
		REQUIRE_VALUE(memcmp(lane->window + FROM, lane->window + INTO, length) == 0, length);
		return 1;
	}
	uint64_t found;
	post(lane, kind == 4 ? IBV_WR_ATOMIC_FETCH_AND_ADD : IBV_WR_ATOMIC_CMP_AND_SWP, INTO, COUNTER, 8);
	if (!await(lane, side, 1))
		return 0;
	memcpy(&found, lane->window + INTO, 8);
	REQUIRE_VALUE(found == lane->added, found);
	lane->added++;
	return 1;
}

static void introduce(struct lane *lane, int socket)
{
	struct place mine = place_of(lane), theirs;
	char ready;
	put(socket, &mine, sizeof(mine));
	get(socket, &theirs, sizeof(theirs));
	connect_lane(lane, theirs);
	put(socket, "r", 1);
	get(socket, &ready, 1);
}

static _Noreturn void be_victim(int socket, uint64_t seed)
{
	struct side side;
	struct lane lane;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_side(&side, 1);
	open_victims_lane(&lane, &side, 0);
	introduce(&lane, socket);
	while (play_round(&lane, &side, &seed))
		take_arrivals(&side);
	// The survivor lives, so nothing may fail.
	REQUIRE(!"the victim's lane ended");
	_exit(1);
}

static void *play_until_death(void *argument)
{
	struct victim *victim = argument;
	while (play_round(&victim->lane, NULL, &victim->numbers))
		atomic_fetch_add(&victim->rounds, 1);
	return NULL;
}

static void begin(struct victim *victim, uint64_t seed)
{
	int ends[2];
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	victim->process = fork();
	REQUIRE(victim->process >= 0);
	if (victim->process == 0)
		be_victim(ends[1], seed);
	close(ends[1]);
	victim->socket = ends[0];
	victim->numbers = seed ^ 0x9e3779b97f4a7c15;
	open_victims_lane(&victim->lane, victim->side, victim->index);
	introduce(&victim->lane, victim->socket);
	REQUIRE(pthread_create(&victim->thread, NULL, play_until_death, victim) == 0);
}

static void end(struct victim *victim)
{
	struct ibv_qp_attr attributes;
	struct ibv_qp_init_attr initial;
	int status;
	REQUIRE(kill(victim->process, SIGKILL) == 0);
	REQUIRE(waitpid(victim->process, &status, 0) == victim->process);
	REQUIRE_VALUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, status);
	REQUIRE(pthread_join(victim->thread, NULL) == 0);
	REQUIRE(ibv_query_qp(victim->lane.pair, &attributes, IBV_QP_STATE, &initial) == 0);
	REQUIRE_VALUE(attributes.qp_state == IBV_QPS_ERR, attributes.qp_state);
	close_lane(&victim->lane);
	close(victim->socket);
}

static int count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;
	REQUIRE(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

// Segments of the device that this process has mapped: its own, and its peers'.
static int count_segments(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	int count = 0;
	REQUIRE(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, "memfd:verbena") != NULL;
	fclose(maps);
	return count;
}

static void pause_for(unsigned microseconds)
{
	struct timespec time = { 0, (long)microseconds * 1000 };
	nanosleep(&time, NULL);
}

static _Atomic int stop;

static void *keep_taking(void *argument)
{
	while (!atomic_load(&stop))
		if (take_arrivals(argument) == 0)
			pause_for(20);
	return NULL;
}

void storm_of_kills(struct storm storm)
{
	struct side side;
	struct victim victims[VICTIMS] = { 0 };
	pthread_t taker;

	open_side(&side, VICTIMS);
	int descriptors = count_descriptors();
	REQUIRE(pthread_create(&taker, NULL, keep_taking, &side) == 0);
	for (int i = 0; i < VICTIMS; i++) {
		victims[i].side = &side;
		victims[i].index = i;
		begin(&victims[i], storm.seed + i + 1);
	}
	for (int i = 0; i < storm.count; i++) {
		struct victim *next = &victims[below(&storm.seed, VICTIMS)], *other = &victims[next == victims];
		pause_for(below(&storm.seed, 20000));
		end(next);
		// Whoever is left goes on.
		unsigned long goal = atomic_load(&other->rounds) + 3;
		while (atomic_load(&other->rounds) < goal)
			pause_for(100);
		begin(next, storm.seed);
	}
	for (int i = 0; i < VICTIMS; i++)
		end(&victims[i]);
	atomic_store(&stop, 1);
	REQUIRE(pthread_join(taker, NULL) == 0);
	// The dead are noticed by a thread of the device: the alarm is the guard.
	while (count_segments() > 1 || count_descriptors() > descriptors)
		pause_for(1000);
	REQUIRE(ibv_destroy_srq(side.shared) == 0);
	REQUIRE(ibv_destroy_cq(side.arrivals) == 0);
	close_end(&side.end);
}
