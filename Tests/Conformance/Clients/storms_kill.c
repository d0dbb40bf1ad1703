// storms_kill.c - peers are killed at any instant, in the middle of traffic of every kind.
//
// A hub has a lane to one victim after the other. Both sides keep requests of every kind under way, and check each byte that
// completes. When the victim is gone, the hub's requests end as with an adapter whose peer lost power: the first after all
// retries, the others flushed, each exactly once. A lane to a third process must not notice, and the hub must keep nothing.
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
	WINDOWS = 16,		// of a player: half of them its own, half for the peer's writes
	PART_BYTES = WINDOW,
	SENDS = 4, RECEIVES = 8,
	RECEIVE_ID = 1000,	// receives are numbered from here, sends from 0
	SETTLED = 3,		// rounds after which nothing may grow any more
};

// One side of a lane: what it has under way.
struct player {
	struct lane lane;
	uint64_t numbers;
	int under_way[SENDS];	// the opcode + 1, or 0
	unsigned lengths[SENDS];
	int sends, receives;
	_Atomic int *gone;	// the peer may be dead
	unsigned long completed;
};

static struct end end;
static _Atomic int steady_stop, victim_gone;
static _Atomic unsigned long steady_rounds;

// A player's windows: from (per send), received into (per receive), written by the peer (per send of the peer).
static unsigned char *from(struct player *player, int i) { return player->lane.window + (size_t)i * PART_BYTES; }
static unsigned char *into(struct player *player, int i) { return player->lane.window + (size_t)(SENDS + i) * PART_BYTES; }
static uint64_t theirs(struct player *player, int i) { return player->lane.peer.window + (size_t)(SENDS + RECEIVES + i) * PART_BYTES; }

// Each message tells its length and repeats its first byte: what is torn or mixed shows.
static void compose(unsigned char *bytes, unsigned length, unsigned char value)
{
	memset(bytes, value, length);
	memcpy(bytes, &length, sizeof(length));
}

static void check_message(const unsigned char *bytes, unsigned length)
{
	unsigned told;
	memcpy(&told, bytes, sizeof(told));
	REQUIRE_VALUE(told == length, told);
	for (unsigned i = sizeof(told); i < length; i++)
		REQUIRE_VALUE(bytes[i] == bytes[sizeof(told)], i);
}

static void post_receive(struct player *player, int i)
{
	struct ibv_sge piece = { (uintptr_t)into(player, i), PART_BYTES, player->lane.end->region->lkey };
	struct ibv_recv_wr receive = { .wr_id = RECEIVE_ID + i, .sg_list = &piece, .num_sge = 1 }, *bad;
	int result = ibv_post_recv(player->lane.pair, &receive, &bad);
	REQUIRE_VALUE(result == 0, result);
	player->receives++;
}

static unsigned some_length(uint64_t *numbers)
{
	static const unsigned most[] = { 80, 3000, 8000, PART_BYTES };
	return 8 + below(numbers, most[below(numbers, 4)] - 8);
}

static void post_some_send(struct player *player, int i)
{
	static const enum ibv_wr_opcode opcodes[] = {
		IBV_WR_SEND, IBV_WR_SEND_WITH_IMM, IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WR_RDMA_READ,
		IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_WR_ATOMIC_CMP_AND_SWP,
	};
	enum ibv_wr_opcode opcode = opcodes[below(&player->numbers, 7)];
	int atomic = opcode == IBV_WR_ATOMIC_FETCH_AND_ADD || opcode == IBV_WR_ATOMIC_CMP_AND_SWP;
	unsigned length = atomic ? 8 : some_length(&player->numbers);
	struct ibv_sge piece = { (uintptr_t)from(player, i), length, player->lane.end->region->lkey };
	struct ibv_send_wr request = { .wr_id = i, .opcode = opcode, .sg_list = &piece, .num_sge = 1 }, *bad;

	compose(from(player, i), length, (unsigned char)next_number(&player->numbers));
	if (atomic) {
		request.wr.atomic.remote_addr = theirs(player, i);
		request.wr.atomic.rkey = player->lane.peer.rkey;
	} else {
		request.wr.rdma.remote_addr = theirs(player, i);
		request.wr.rdma.rkey = player->lane.peer.rkey;
	}
	int result = ibv_post_send(player->lane.pair, &request, &bad);
	REQUIRE_VALUE(result == 0, result);
	player->under_way[i] = opcode + 1;
	player->lengths[i] = length;
	player->sends++;
}

// What completed well: a message is whole; an immediate without message carries a length too.
static void take(struct player *player, const struct ibv_wc *done)
{
	player->completed++;
	if (done->wr_id >= RECEIVE_ID) {
		int i = (int)done->wr_id - RECEIVE_ID;
		player->receives--;
		if (done->opcode == IBV_WC_RECV)
			check_message(into(player, i), done->byte_len);
		post_receive(player, i);
		return;
	}
	REQUIRE_VALUE(player->under_way[done->wr_id] != 0, done->wr_id);
	player->under_way[done->wr_id] = 0;
	player->sends--;
}

// The first error of a lane whose peer is gone, then nothing but flushes, until each request has come back once.
static void take_end(struct player *player, struct ibv_wc done)
{
	REQUIRE_VALUE(atomic_load(player->gone), done.status);
	REQUIRE_VALUE(done.status == IBV_WC_RETRY_EXC_ERR && done.wr_id < SENDS, done.status);
	for (;;) {
		if (done.wr_id >= RECEIVE_ID) {
			player->receives--;
		} else {
			REQUIRE_VALUE(player->under_way[done.wr_id] != 0, done.wr_id);
			player->under_way[done.wr_id] = 0;
			player->sends--;
		}
		if (player->sends == 0 && player->receives == 0)
			break;
		int found;
		while ((found = ibv_poll_cq(player->lane.queue, 1, &done)) == 0)
			;
		REQUIRE_VALUE(found == 1, found);
		// A message that had arrived whole before is still delivered.
		if (done.status == IBV_WC_SUCCESS && done.wr_id >= RECEIVE_ID && done.opcode == IBV_WC_RECV)
			check_message(into(player, (int)done.wr_id - RECEIVE_ID), done.byte_len);
		else
			REQUIRE_VALUE(done.status == IBV_WC_WR_FLUSH_ERR, done.status);
	}
	struct ibv_qp_attr attributes;
	struct ibv_qp_init_attr creation;
	REQUIRE(ibv_query_qp(player->lane.pair, &attributes, IBV_QP_STATE, &creation) == 0);
	REQUIRE_VALUE(attributes.qp_state == IBV_QPS_ERR, attributes.qp_state);
}

// Plays until the peer is gone.
static void play(struct player *player)
{
	for (;;) {
		for (int i = 0; i < SENDS; i++)
			if (player->under_way[i] == 0)
				post_some_send(player, i);
		struct ibv_wc done;
		int found = ibv_poll_cq(player->lane.queue, 1, &done);
		REQUIRE_VALUE(found >= 0, found);
		if (found == 0)
			continue;
		if (done.status != IBV_WC_SUCCESS)
			return take_end(player, done);
		take(player, &done);
	}
}

static void introduce(struct player *player, int socket)
{
	struct place mine = place_of(&player->lane), peer;
	char ready;

	put(socket, &mine, sizeof(mine));
	get(socket, &peer, sizeof(peer));
	player->lane.timeout = 15; // 134 ms
	player->lane.retries = 1;
	connect_lane(&player->lane, peer);
	for (int i = 0; i < RECEIVES; i++)
		post_receive(player, i);
	put(socket, "r", 1);
	get(socket, &ready, 1);
}

static _Noreturn void be_victim(int socket, uint64_t seed)
{
	static _Atomic int never;
	struct end own;
	struct player player = { .numbers = seed, .gone = &never };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_end(&own, WINDOWS);
	open_lane(&player.lane, &own, 0);
	introduce(&player, socket);
	play(&player);
	_exit(1);
}

static void *play_thread(void *player)
{
	play(player);
	return NULL;
}

static void kill_one(uint64_t *numbers)
{
	int sockets[2], status;
	struct player player = { .numbers = next_number(numbers), .gone = &victim_gone };
	pthread_t thread;
	uint64_t seed = next_number(numbers);

	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	atomic_store(&victim_gone, 0);
	pid_t victim = fork();
	REQUIRE(victim >= 0);
	if (victim == 0)
		be_victim(sockets[1], seed);
	open_lane(&player.lane, &end, 0);
	introduce(&player, sockets[0]);
	REQUIRE(pthread_create(&thread, NULL, play_thread, &player) == 0);
	struct timespec moment = { 0, (long)below(numbers, 4000) * 1000 };
	nanosleep(&moment, NULL);
	atomic_store(&victim_gone, 1);
	REQUIRE(kill(victim, SIGKILL) == 0);
	REQUIRE(waitpid(victim, &status, 0) == victim);
	REQUIRE_VALUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, status);
	REQUIRE(pthread_join(thread, NULL) == 0);
	close_lane(&player.lane);
	close(sockets[0]);
	close(sockets[1]);
}

static void *be_steady(void *argument)
{
	struct lane *lane = argument;
	uint64_t numbers = 99;
	while (!atomic_load(&steady_stop)) {
		one_sided_round(lane, &numbers);
		atomic_fetch_add(&steady_rounds, 1);
	}
	return NULL;
}

static _Noreturn void be_survivor(int socket)
{
	struct end own;
	struct lane lane;
	struct place peer;
	char done;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_end(&own, 1);
	open_lane(&lane, &own, 0);
	struct place mine = place_of(&lane);
	put(socket, &mine, sizeof(mine));
	get(socket, &peer, sizeof(peer));
	connect_lane(&lane, peer);
	put(socket, "r", 1);
	get(socket, &done, 1);
	close_lane(&lane);
	close_end(&own);
	_exit(0);
}

// What this process holds: open descriptors, and mappings of other processes' segments.
struct holdings {
	int descriptors, segments;
};

static struct holdings count_holdings(void)
{
	struct holdings holdings = { 0, 0 };
	char line[512];
	DIR *folder = opendir("/proc/self/fd");
	FILE *maps = fopen("/proc/self/maps", "r");
	REQUIRE(folder && maps);
	while (readdir(folder))
		holdings.descriptors++;
	while (fgets(line, sizeof(line), maps))
		holdings.segments += strstr(line, "memfd:") != NULL;
	closedir(folder);
	fclose(maps);
	return holdings;
}

// The device lets go of a dead peer in its own time: the alarm is the guard.
static void await_holdings(struct holdings most)
{
	struct timespec moment = { 0, 5000000 };
	for (;;) {
		struct holdings now = count_holdings();
		if (now.descriptors <= most.descriptors && now.segments <= most.segments)
			return;
		nanosleep(&moment, NULL);
	}
}

void kill_peer(struct storm storm)
{
	int sockets[2];
	struct lane steady;
	struct place peer;
	pthread_t thread;
	struct holdings settled = { 0, 0 };
	uint64_t numbers = storm.seed;
	char ready;

	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	pid_t survivor = fork();
	REQUIRE(survivor >= 0);
	if (survivor == 0)
		be_survivor(sockets[1]);
	open_end(&end, WINDOWS + 1);
	open_lane(&steady, &end, WINDOWS);
	get(sockets[0], &peer, sizeof(peer));
	struct place mine = place_of(&steady);
	put(sockets[0], &mine, sizeof(mine));
	connect_lane(&steady, peer);
	get(sockets[0], &ready, 1);
	REQUIRE(pthread_create(&thread, NULL, be_steady, &steady) == 0);
	for (int i = 0; i < storm.count; i++) {
		unsigned long before = atomic_load(&steady_rounds);
		kill_one(&numbers);
		while (atomic_load(&steady_rounds) == before)
			;
		if (i == SETTLED)
			settled = count_holdings();
	}
	if (storm.count > SETTLED + 1)
		await_holdings(settled);
	atomic_store(&steady_stop, 1);
	REQUIRE(pthread_join(thread, NULL) == 0);
	close_lane(&steady);
	put(sockets[0], "d", 1);
	expect_clean_end(survivor);
	close_end(&end);
}
