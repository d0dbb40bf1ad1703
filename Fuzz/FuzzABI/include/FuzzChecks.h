// FuzzChecks.h - what must hold after every input; written in Swift, where the device's insides can be seen.
#pragma once

/// A fabric of this process's own, so that targets that run side by side do not meet.
void fuzz_check_environment(void);
/// Ends the run when the device still counts an object, a page or a byte that the input should have given back.
void fuzz_check_nothing_left(void);
