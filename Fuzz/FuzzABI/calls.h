// calls.h - the calls that an input is made of, in groups.
#pragma once
#include "objects.h"

/// Makes one object, or destroys one.
void call_lifecycle(struct input *in);
/// A domain, a queue, a region and two connected pairs, as most programs have.
void make_usual_objects(struct input *in);
/// Changes or queries one object.
void call_control(struct input *in);
/// Posts, polls, events.
void call_data(struct input *in);
/// Batches of requests, and runs of completions.
void call_extended(struct input *in);
/// Everything that asks the device without an object.
void call_query(struct input *in);
