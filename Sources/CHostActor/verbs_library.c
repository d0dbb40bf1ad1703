// verbs_library.c - libibverbs, looked for when it is needed.
#define _GNU_SOURCE
#include "verbs_library.h"
#include <dlfcn.h>

static struct verbs_library functions;

static int load(void)
{
	void *library = dlopen("libibverbs.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return 0;
#define LOOK_UP(name) \
	if (!(*(void **)&functions.name = dlsym(library, "ibv_" #name))) \
		return 0;
	VERBS_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
	return 1;
}

const struct verbs_library *verbs_library(void)
{
	static enum { UNKNOWN, HERE, MISSING } state;
	if (state == UNKNOWN)
		state = load() ? HERE : MISSING;
	return state == HERE ? &functions : 0;
}
