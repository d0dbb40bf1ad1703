// confine.c - confines itself, then becomes another program.
//
// confine WAY[,WAY...] PROGRAM [ARGUMENT...]
//   no-process-vm    a seccomp filter refuses process_vm_readv and process_vm_writev (EPERM)
//   no-pidfd-getfd   a seccomp filter refuses pidfd_getfd, by which peers copy each other's event descriptors
//   user-namespace   a user and a PID namespace of its own, with its own /proc where that can be mounted
//   no-proc          a mount namespace whose /proc is empty
//   no-shm           a mount namespace whose /dev/shm is empty and read-only
//   read-only        a mount namespace in which everything is read-only
//   limit-NAME=N     ulimit: nofile, memlock, as, stack, nproc
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
	_exit(125);
}

// Refuses one system call; more filters may follow, and each is asked.
static void refuse(long number)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(steps) / sizeof(*steps), .filter = steps };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		give_up("seccomp");
}

static void write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text))
		give_up(path);
	close(file);
}

// The user keeps his number in the new namespace, so that both sides name the same user.
static void enter_user_namespace(int more)
{
	unsigned user = geteuid(), group = getegid();
	char map[64];
	if (unshare(CLONE_NEWUSER | more) != 0)
		give_up("unshare");
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1", user, user);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "%u %u 1", group, group);
	write_file("/proc/self/gid_map", map);
}

static pid_t inner;

static void pass_on(int signal_number)
{
	kill(inner, signal_number);
}

// The first process of the new PID namespace becomes the program; this one waits for it and ends as it does.
static void enter_process_namespace(void)
{
	int status;
	enter_user_namespace(CLONE_NEWPID | CLONE_NEWNS);
	inner = fork();
	if (inner < 0)
		give_up("fork");
	if (inner == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		// Refused where parts of /proc are covered; then the outer one stays, which shows other numbers than ours.
		if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0)
			fprintf(stderr, "confine: the outer /proc stays\n");
		return;
	}
	signal(SIGTERM, pass_on);
	signal(SIGINT, pass_on);
	while (waitpid(inner, &status, 0) < 0)
		if (errno != EINTR)
			give_up("waitpid");
	if (WIFSIGNALED(status))
		_exit(128 + WTERMSIG(status));
	_exit(WEXITSTATUS(status));
}

static void cover(const char *place, unsigned long flags)
{
	enter_user_namespace(CLONE_NEWNS);
	if (mount("none", place, "tmpfs", flags, "size=4k") != 0)
		give_up(place);
}

static void make_read_only(void)
{
	enter_user_namespace(CLONE_NEWNS);
	struct { unsigned long long set, clear, propagation, namespace; } attributes = { .set = 1 };
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		give_up("private mounts");
	// mount_setattr(2), AT_RECURSIVE; MOUNT_ATTR_RDONLY is 1.
	if (syscall(442, -1, "/", 0x8000, &attributes, sizeof(attributes)) != 0)
		give_up("read-only mounts");
}

static void limit(const char *text)
{
	static const struct { const char *name; int resource; } known[] = {
		{ "nofile=", RLIMIT_NOFILE }, { "memlock=", RLIMIT_MEMLOCK }, { "as=", RLIMIT_AS },
		{ "stack=", RLIMIT_STACK }, { "nproc=", RLIMIT_NPROC },
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t length = strlen(known[i].name);
		if (strncmp(text, known[i].name, length) != 0)
			continue;
		rlim_t count = strtoull(text + length, NULL, 10);
		struct rlimit both = { count, count };
		if (setrlimit(known[i].resource, &both) != 0)
			give_up(text);
		return;
	}
	errno = EINVAL;
	give_up(text);
}

static void confine(const char *way)
{
	if (strcmp(way, "no-process-vm") == 0) {
		refuse(SYS_process_vm_readv);
		refuse(SYS_process_vm_writev);
	} else if (strcmp(way, "no-pidfd-getfd") == 0) {
		refuse(SYS_pidfd_getfd);
	} else if (strcmp(way, "user-namespace") == 0) {
		enter_process_namespace();
	} else if (strcmp(way, "no-proc") == 0) {
		cover("/proc", 0);
	} else if (strcmp(way, "no-shm") == 0) {
		cover("/dev/shm", MS_RDONLY);
	} else if (strcmp(way, "read-only") == 0) {
		make_read_only();
	} else if (strncmp(way, "limit-", 6) == 0) {
		limit(way + 6);
	} else {
		errno = EINVAL;
		give_up(way);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: confine WAY[,WAY...] PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	for (char *way = strtok(argv[1], ","); way; way = strtok(NULL, ","))
		confine(way);
	execvp(argv[2], argv + 2);
	give_up(argv[2]);
}
