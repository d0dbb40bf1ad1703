// CPlatform: the few C lines that Swift cannot write. Nothing here keeps state of the device.
#ifndef VERBENA_CPLATFORM_H
#define VERBENA_CPLATFORM_H

#include <stdint.h>

#endif
