// target.c - a program that calls libibverbs in any order, with any arguments that C allows.
//
// Not among them: handles of objects that are destroyed and pointers to structs that are not there, which no library can
// tell; the scatter lists themselves may point anywhere. After each input everything is destroyed, and every step of
// that must succeed.
#include "calls.h"
#include "FuzzChecks.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count);

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    fuzz_check_environment();
    prepare_objects();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count) {
    enum { CALL_LIMIT = 200 };
    struct input in = {.bytes = bytes, .count = byte_count};
    for (int calls = 0; calls < CALL_LIMIT && !is_spent(&in); calls++) {
        switch (choose(&in, 16)) {
        case 0: make_usual_objects(&in); break;
        case 1: call_query(&in); break;
        case 2:
        case 3:
        case 4: call_lifecycle(&in); break;
        case 5:
        case 6: call_control(&in); break;
        case 7:
        case 8: call_extended(&in); break;
        default: call_data(&in);
        }
    }
    destroy_all();
    fuzz_check_nothing_left();
    return 0;
}
