/*
 * behaviour.h - what a callback of a call does, as it is written: ok, error:EIO, delay:5 ms, fail:3
 */
#ifndef MMSIM_SCENARIO_BEHAVIOUR_H
#define MMSIM_SCENARIO_BEHAVIOUR_H

#include "sim/table/key.h"

#define BEHAVIOUR_ACCEPTED                                                                         \
	"ok, error:EIO (or another error), delay:5 ms, fail:3 (the third call fails)"

/* Reads text; false: *why says what is wrong. */
bool behaviour_parse(const char *text, size_t len, struct behaviour *b, const char **why);
#endif
