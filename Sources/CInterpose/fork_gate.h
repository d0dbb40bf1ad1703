// fork_gate.h - between these two calls no other thread forks. They nest. What is between them must be short.
#ifndef VERBENA_FORK_GATE_H
#define VERBENA_FORK_GATE_H

void fork_gate_enter(void);
void fork_gate_leave(void);

#endif
