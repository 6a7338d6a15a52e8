/*
 * personality.h - what the list of personalities needs of this one, and nothing else
 */
#ifndef MMSIM_FREEBSD_PERSONALITY_H
#define MMSIM_FREEBSD_PERSONALITY_H

#include "sim/sim.h"

extern const struct personality freebsd_personality;
#endif
