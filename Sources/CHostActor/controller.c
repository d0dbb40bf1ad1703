// controller.c - the memory of an NVMe controller, which peers reach without the processor, and the unbinding of its driver.
//
// Only a controller that the asker named is touched: whoever unbinds the driver of one takes its disks from the machine.
// Counterpart in Linux: drivers/pci/p2pdma.c (p2pmem/allocate), Documentation/ABI/testing/sysfs-bus-pci.
#define _GNU_SOURCE
#include "controller.h"
#include "CHostActor.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, NAME = 64, PATH = 160, REBIND_TRIES = 400, REBIND_PAUSE = 50000 };

static struct {
	char slot[NAME], disk[NAME];
	int unbinding;	// read end of the pipe through which the end of an unbinding is heard; 0 when the driver is there
} controller;

int verbena_host_use_controller(const char *slot, const char *disk)
{
	if (strlen(slot) >= NAME || strlen(disk) >= NAME || strchr(slot, '/'))
		return -EINVAL;
	strcpy(controller.slot, slot);
	strcpy(controller.disk, disk);
	return 0;
}

const char *controller_disk(void) { return controller.disk; }
int verbena_host_has_transfers(void) { return controller.disk[0] != 0; }

int open_controller_memory(void)
{
	char path[PATH];
	if (controller.slot[0] == 0)
		return -ENODEV;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/p2pmem/allocate", controller.slot);
	int file = open(path, O_RDWR | O_CLOEXEC);
	return file < 0 ? -errno : file;
}

int verbena_host_has_controller_memory(void)
{
	int file = open_controller_memory();
	if (file < 0)
		return 0;
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	if (memory == MAP_FAILED)
		return 0;
	munmap(memory, PAGE);
	return 1;
}

// 0 or an errno.
static int write_slot(const char *path)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return errno;
	ssize_t length = (ssize_t)strlen(controller.slot);
	int error = write(file, controller.slot, (size_t)length) == length ? 0 : errno;
	close(file);
	return error;
}

// The errno that a pipe tells, ETIMEDOUT if it tells nothing in time.
static int hear(int pipe, int seconds)
{
	struct pollfd wait = { .fd = pipe, .events = POLLIN };
	int error = ETIMEDOUT;
	if (poll(&wait, 1, seconds * 1000) == 1 && read(pipe, &error, sizeof(error)) != sizeof(error))
		error = EPIPE;
	return error;
}

int unbind_controller(int seconds)
{
	int ends[2], error;
	char path[PATH];
	if (controller.slot[0] == 0 || controller.unbinding != 0)
		return ENODEV;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	// Another process waits, so that this one does not.
	pid_t child = fork();
	if (child == 0) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind", controller.slot);
		error = write_slot(path);
		_exit(write(ends[1], &error, sizeof(error)) != sizeof(error));
	}
	error = child < 0 ? errno : 0;
	close(ends[1]);
	if (error == 0)
		error = hear(ends[0], seconds);
	if (error == ETIMEDOUT) {
		controller.unbinding = ends[0];
		return error;
	}
	// No descriptor is 0 here: 0 says that the driver is there.
	controller.unbinding = error == 0 ? -1 : 0;
	close(ends[0]);
	return error;
}

void bind_controller(void)
{
	enum { PATIENCE = 10 };
	if (controller.unbinding == 0)
		return;
	if (controller.unbinding > 0) {
		(void)hear(controller.unbinding, PATIENCE);
		close(controller.unbinding);
	}
	controller.unbinding = 0;
	(void)write_slot("/sys/bus/pci/drivers/nvme/bind");
	for (int i = 0; i < REBIND_TRIES && !verbena_host_has_controller_memory(); i++)
		usleep(REBIND_PAUSE);
}
