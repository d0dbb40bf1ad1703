// actor.c - one process of a scenario: takes commands one by one.
#define _GNU_SOURCE
#include "actor.h"
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void answer(int channel, struct verbena_host_reply *reply)
{
	reply->process = getpid();
	if (send(channel, reply, sizeof(*reply), MSG_NOSIGNAL) != sizeof(*reply))
		_exit(1);
}

// Gives up CAP_IPC_LOCK: the limit counts for those who may not exceed it. The other capabilities become effective again.
static int give_up_lock_capability(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	if (syscall(SYS_capget, &header, data) != 0)
		return errno;
	data[CAP_IPC_LOCK / 32].permitted &= ~(1u << (CAP_IPC_LOCK % 32));
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted;
	return syscall(SYS_capset, &header, data) == 0 ? 0 : errno;
}

// Becomes a user that nobody else is: what io_uring charges to users is then the scenario's alone. Where that is not allowed, the
// process stays who it is. 1 if it has become that user.
static int become_user(const struct world *world, int number)
{
	enum { FIRST = 200000, SCENARIOS = 10000, NURSERIES = 100000 };
	uid_t nursery = (uid_t)(getppid() % NURSERIES), scenario = (uid_t)(world->scenario % SCENARIOS);
	uid_t user = FIRST + (nursery * SCENARIOS + scenario) * VERBENA_HOST_SLOTS + (uid_t)number;
	if (geteuid() != 0 || prctl(PR_SET_KEEPCAPS, 1) != 0 || setresuid(user, user, user) != 0)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL); // which a change of users forgets
	return 1;
}

// The rings are made while nothing is limited: some kernels charge them to the user, which is not the scenario's concern.
static void become_limited(const struct world *world, const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct rlimit limit;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_MEMLOCK, &limit);
	int is_alone = become_user(world, (int)command->argument);
	reply->error = give_up_lock_capability();
	if (reply->error == 0)
		actor_make_rings(is_alone);
}

static void set_limit(const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	struct rlimit limit = { command->length, command->length };
	if (command->length != 0)
		limit.rlim_cur = limit.rlim_max += actor_charge_of_rings();
	reply->error = setrlimit(RLIMIT_MEMLOCK, &limit) == 0 ? 0 : errno;
}

static void fork_actor(struct world *world, const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	pid_t child = fork();
	if (child == 0) {
		struct verbena_host_reply birth = { 0 };
		actor_forget_holders();
		actor_forget_device();
		actor_forget_test_pin();
		actor_forget_mirrors();
		actor_forget_transfers();
		answer(world->slots[command->slot], &birth);
		play_actor(world, command->slot);
	}
	reply->error = child < 0 ? errno : 0;
	reply->value = child;
}

static void perform(struct world *world, int slot, const struct verbena_host_command *command, struct verbena_host_reply *reply)
{
	switch (command->kind) {
	case VERBENA_HOST_FORK: fork_actor(world, command, reply); break;
	case VERBENA_HOST_READ:
	case VERBENA_HOST_WRITE: actor_access(command, reply); break;
	case VERBENA_HOST_HOLD_FIXED: actor_hold_fixed(command, reply); break;
	case VERBENA_HOST_HOLD_PIPE: actor_hold_pipe(command, reply); break;
	case VERBENA_HOST_RELEASE: actor_release(command, reply); break;
	case VERBENA_HOST_DEVICE_READ:
	case VERBENA_HOST_DEVICE_WRITE: actor_device(command, reply); break;
	case VERBENA_HOST_OPEN_DEVICE: actor_open_device(world, slot, reply); break;
	case VERBENA_HOST_HOLD_REGION: actor_hold_region(command, reply); break;
	case VERBENA_HOST_RELEASE_REGION: actor_release_region(command, reply); break;
	case VERBENA_HOST_REGION_READ:
	case VERBENA_HOST_REGION_WRITE: actor_device_region(command, reply); break;
	case VERBENA_HOST_HOLD_TEST_PIN: actor_hold_test_pin(command, reply); break;
	case VERBENA_HOST_RELEASE_TEST_PIN: actor_release_test_pin(command, reply); break;
	case VERBENA_HOST_TEST_PIN_READ: actor_read_test_pin(command, reply); break;
	case VERBENA_HOST_HOLD_MIRROR: actor_hold_mirror(command, reply); break;
	case VERBENA_HOST_RELEASE_MIRROR: actor_release_mirror(command, reply); break;
	case VERBENA_HOST_MIRROR_READ:
	case VERBENA_HOST_MIRROR_WRITE: actor_device_mirror(command, reply); break;
	case VERBENA_HOST_HOLD_TRANSFER: actor_hold_transfer(command, reply); break;
	case VERBENA_HOST_RELEASE_TRANSFER: actor_release_transfer(command, reply); break;
	case VERBENA_HOST_TRANSFER_READ: actor_read_transfer(command, reply); break;
	case VERBENA_HOST_MOVE_TO_DEVICE:
	case VERBENA_HOST_MOVE_TO_SYSTEM: actor_move(command, reply); break;
	case VERBENA_HOST_BECOME_LIMITED: become_limited(world, command, reply); break;
	case VERBENA_HOST_LIMIT: set_limit(command, reply); break;
	case VERBENA_HOST_READ_CHARGE: actor_read_charge(command, reply); break;
	default: actor_map(world, command, reply); break;
	}
}

_Noreturn void play_actor(struct world *world, int slot)
{
	int channel = world->slots[slot];
	actor_catch_signals();
	for (;;) {
		struct verbena_host_command command;
		struct verbena_host_reply reply;
		memset(&reply, 0, sizeof(reply));
		if (recv(channel, &command, sizeof(command), 0) != sizeof(command))
			_exit(0);
		if (command.kind == VERBENA_HOST_QUIT) {
			// Nothing of the scenario's memory is left when the asker hears of it: it waits for the end.
			answer(channel, &reply);
			_exit(0);
		}
		perform(world, slot, &command, &reply);
		answer(channel, &reply);
	}
}
