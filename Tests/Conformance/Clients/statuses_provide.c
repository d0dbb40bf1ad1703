// statuses_provide.c - the provider's process: memory in a file whose descriptor it hands out, and takes back.
//
// It waits for the last registration by a lock for writing, which each of them holds off by one for reading, or it revokes by shortening
// the file. Locks are of open file descriptions; the door is one byte that is locked for reading on the way to a registration, and
// for writing by a provider that allows no more.
#define _GNU_SOURCE
#include "statuses_provider.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const off_t door = INT64_MAX - 1;

static void send_memory(int socket, int memory)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	*header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(header), &memory, sizeof(int));
	REQUIRE(sendmsg(socket, &message, 0) == 1);
}

static int receive_memory(int socket)
{
	int memory = -1;
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	REQUIRE(recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message));
	memcpy(&memory, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return memory;
}

static int lock_for_writing(int memory, int command, off_t start, off_t count)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = count };
	return fcntl(memory, command, &lock);
}

static unsigned char obey(enum command command, int memory, const unsigned char *bytes)
{
	switch (command) {
	case LOOK:
		return bytes[OFFSET];
	case CLOSE:
		REQUIRE(lock_for_writing(memory, F_OFD_SETLKW, door, 1) == 0);
		return CLOSE;
	case TRY:
		return lock_for_writing(memory, F_OFD_SETLK, 0, door) == 0 ? FREE : BUSY;
	case WAIT:
		REQUIRE(lock_for_writing(memory, F_OFD_SETLKW, 0, door) == 0);
		return FREE;
	default:
		// It never grows again: what was registered reaches nothing that comes later.
		REQUIRE(ftruncate(memory, 0) == 0 && fcntl(memory, F_ADD_SEALS, F_SEAL_GROW) == 0);
		return REVOKE;
	}
}

// The provider's process. It answers each command with one byte.
_Noreturn static void provide(int socket)
{
	unsigned char command, answer;
	int memory = memfd_create("provided", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	REQUIRE(memory >= 0 && ftruncate(memory, BYTES) == 0);
	unsigned char *bytes = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	REQUIRE(bytes != MAP_FAILED);
	send_memory(socket, memory);
	while (read(socket, &command, 1) == 1) {
		answer = obey(command, memory, bytes);
		REQUIRE(write(socket, &answer, 1) == 1);
	}
	_exit(0);
}

struct provider start_provider(void)
{
	int ends[2];
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	struct provider provider = { .pid = fork(), .socket = ends[0] };
	REQUIRE(provider.pid >= 0);
	if (provider.pid == 0) {
		close(ends[0]);
		provide(ends[1]);
	}
	close(ends[1]);
	provider.memory = receive_memory(provider.socket);
	return provider;
}

void command(struct provider *provider, enum command command)
{
	unsigned char byte = (unsigned char)command;
	REQUIRE(write(provider->socket, &byte, 1) == 1);
}

unsigned char answer(struct provider *provider)
{
	unsigned char byte;
	REQUIRE(read(provider->socket, &byte, 1) == 1);
	return byte;
}

unsigned char ask(struct provider *provider, enum command what)
{
	command(provider, what);
	return answer(provider);
}

void end_provider(struct provider *provider)
{
	int status;
	close(provider->socket);
	close(provider->memory);
	REQUIRE(waitpid(provider->pid, &status, 0) == provider->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
