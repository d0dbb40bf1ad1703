// CPlatformTestSupport.h - what tests do in forked children. A child of a threaded Swift program may run only C.
#ifndef VERBENA_CPLATFORM_TEST_SUPPORT_H
#define VERBENA_CPLATFORM_TEST_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Forks, runs `body(argument)` in the child, which exits with its result. Returns the child's pid, or -errno.
int verbena_test_start_child(int (*body)(uint64_t), uint64_t argument);
/// Waits for a child: its exit status, or 1000 + the signal that ended it.
int verbena_test_wait_for_child(int process);
/// Both at once.
int verbena_test_run_child(int (*body)(uint64_t), uint64_t argument);

/// A memory file without seals, or -errno.
int verbena_test_memory_file(uint64_t byte_count);
/// mremap(2) to a place, with MREMAP_DONTUNMAP. Swift cannot call it: it is variadic.
bool verbena_test_move(void *from, size_t byte_count, void *to);
/// A pipe whose ends do not block: reader, then writer. False if there is none.
bool verbena_test_pipe(int *reader, int *writer);
/// The calling thread, as the kernel numbers it.
int verbena_test_thread_number(void);

// Bodies. `argument` is an address, a descriptor or nothing.
int verbena_test_child_load_byte(uint64_t address);
int verbena_test_child_sleep(uint64_t nothing);
int verbena_test_child_thread_outlives_first(uint64_t nothing);
int verbena_test_child_await_word(uint64_t address);
int verbena_test_child_send_descriptor(uint64_t name);
int verbena_test_child_guarded_then_fault(uint64_t unmapped);
int verbena_test_child_handler_before_install(uint64_t unmapped);
int verbena_test_child_handler_after_install(uint64_t unmapped);
int verbena_test_child_plain_handler(uint64_t unmapped);
int verbena_test_child_one_shot_handler(uint64_t unmapped);
int verbena_test_child_ignored_fault(uint64_t unmapped);
int verbena_test_child_sent_signal_by_default(uint64_t nothing);
int verbena_test_child_sent_signal_ignored(uint64_t nothing);
int verbena_test_child_handler_jumps_out(uint64_t unmapped);
int verbena_test_child_handler_masks(uint64_t unmapped);
int verbena_test_child_reports_old_actions(uint64_t nothing);
int verbena_test_child_vfork_leaves_handlers(uint64_t unmapped);
int verbena_test_child_forked_sets_its_own(uint64_t unmapped);
int verbena_test_child_blocked_faults(uint64_t unmapped);
int verbena_test_child_fork_handler_ran(uint64_t address);

// Under a filter that refuses access to other processes' memory and descriptors.
int verbena_test_child_copies_when_denied(uint64_t unmapped);
int verbena_test_child_siblings_when_denied(uint64_t nothing);
/// Becomes a program; `arguments` is the address of its argument vector.
int verbena_test_child_becomes_denied(uint64_t arguments);

#endif
