// controller.h - an NVMe controller whose memory peers can reach, and a disk behind the same switch, if the asker named them.
#ifndef VERBENA_CONTROLLER_H
#define VERBENA_CONTROLLER_H

// The disk for transfers; empty for none.
const char *controller_disk(void);

// A file that gives new memory of the controller to whoever maps it, or -errno.
int open_controller_memory(void);

// Takes the driver from the controller. 0 or an errno: ETIMEDOUT if it waits for something after so many seconds.
int unbind_controller(int seconds);

// Gives the controller its driver again, if it was taken.
void bind_controller(void);

#endif
