// loading.c - opens libibverbs by hand, as NCCL and its like do, and the device through it.
//
// Ways: by name, by absolute path, or not at all (the default scope, where a preload stands first). Each way must find
// the same device through dlsym and through dlvsym, and the same functions.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition, ...)                                        \
	do {                                                           \
		if (!(condition)) {                                    \
			fprintf(stderr, "loading: " __VA_ARGS__);      \
			fprintf(stderr, " (%s)\n", #condition);        \
			exit(1);                                       \
		}                                                      \
	} while (0)

// Only the shapes that are needed: this client never sees <infiniband/verbs.h>.
struct device;
struct context;
typedef struct device **(*get_device_list)(int *);
typedef void (*free_device_list)(struct device **);
typedef const char *(*get_device_name)(struct device *);
typedef struct context *(*open_device)(struct device *);
typedef int (*close_device)(struct context *);

// Where the real library lies: asked of the loader after loading it by name.
static void *open_by_absolute_path(void)
{
	static const char *const folders[] = { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		char path[PATH_MAX];
		snprintf(path, sizeof(path), "%s/libibverbs.so.1", folders[i]);
		void *handle = dlopen(path, RTLD_NOW);
		if (handle)
			return handle;
	}
	return NULL;
}

static void *open_library(const char *way)
{
	if (strcmp(way, "default") == 0)
		return RTLD_DEFAULT;
	void *handle = strcmp(way, "absolute") == 0 ? open_by_absolute_path() : dlopen(way, RTLD_NOW | RTLD_LOCAL);
	REQUIRE(handle, "%s cannot be opened: %s", way, dlerror());
	return handle;
}

// The function by name; by name and version it must be the same one.
static void *function(void *library, const char *name)
{
	void *plain = dlsym(library, name);
	REQUIRE(plain, "dlsym finds no %s", name);
	void *versioned = dlvsym(library, name, "IBVERBS_1.1");
	REQUIRE(versioned, "dlvsym finds no %s@IBVERBS_1.1", name);
	REQUIRE(plain == versioned, "dlsym and dlvsym find different %s", name);
	return plain;
}

int main(int argc, char **argv)
{
	REQUIRE(argc == 2, "usage: loading NAME|absolute|default");
	void *library = open_library(argv[1]);
	get_device_list list_devices = (get_device_list)function(library, "ibv_get_device_list");
	free_device_list free_devices = (free_device_list)function(library, "ibv_free_device_list");
	get_device_name name_of = (get_device_name)function(library, "ibv_get_device_name");
	open_device open_one = (open_device)function(library, "ibv_open_device");
	close_device close_one = (close_device)function(library, "ibv_close_device");
	// A helper that the device leaves to the real library must be found all the same.
	function(library, "ibv_wc_status_str");

	int count = 0;
	struct device **devices = list_devices(&count);
	REQUIRE(devices && count == 1, "%d devices", count);
	const char *name = name_of(devices[0]);
	struct context *context = open_one(devices[0]);
	REQUIRE(context, "%s cannot be opened", name);
	printf("%d device opened: %s\n", count, name);
	REQUIRE(close_one(context) == 0, "close");
	free_devices(devices);
	return 0;
}
