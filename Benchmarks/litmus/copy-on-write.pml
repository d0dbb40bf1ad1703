/* copy-on-write.pml - the same system as the scenario that scripts/bench-litmus writes, for SPIN.
 *
 * PROCESSES processes map PAGES pages of one file privately and store to each in turn. A store to an absent page is a fault in
 * three steps - look, copy, install - and then the store it_pid. Frames are taken lowest first, as in the scenario's model.
 * Every variable here is one that the scenario's states hold too, or that they determine: the counts of states must be equal.
 */
#ifndef PROCESSES
#define PROCESSES 2
#endif
#ifndef PAGES
#define PAGES 2
#endif
#define FRAMES 15
#define FREE 0
#define ANONYMOUS 1
#define CACHED 2

byte use[FRAMES];
byte content[FRAMES];
byte cache[PAGES];                   /* frame + 1 */
byte entry[PROCESSES * PAGES];       /* frame + 1 */
byte done[PROCESSES];                /* pages stored to */
byte phase[PROCESSES];               /* 0 look, 1 copy, 2 install, 3 store */
byte fresh[PROCESSES];               /* frame + 1 */

inline allocate(kind, result) {
    result = 0;
    do
    :: result < FRAMES && use[result] != FREE -> result++
    :: else -> break
    od;
    use[result] = kind;
    content[result] = 7;
    result++
}

active [PROCESSES] proctype store() {
    byte frame;
    do
    :: d_step { done[_pid] < PAGES && phase[_pid] == 0 ->
        if
        :: cache[done[_pid]] == 0 -> allocate(CACHED, frame); cache[done[_pid]] = frame; frame = 0
        :: else
        fi;
        phase[_pid] = 1 }
    :: d_step { phase[_pid] == 1 -> allocate(ANONYMOUS, frame); fresh[_pid] = frame; frame = 0; phase[_pid] = 2 }
    :: d_step { phase[_pid] == 2 -> entry[_pid * PAGES + done[_pid]] = fresh[_pid]; fresh[_pid] = 0; phase[_pid] = 3 }
    :: d_step { phase[_pid] == 3 ->
        content[entry[_pid * PAGES + done[_pid]] - 1] = 1 + _pid;
        phase[_pid] = 0;
        done[_pid]++ }
    od
}
