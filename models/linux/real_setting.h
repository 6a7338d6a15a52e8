/*
 * real_setting.h - what settings and samples of a real system are here
 */
#ifndef MMSIM_LINUX_REAL_SETTING_H
#define MMSIM_LINUX_REAL_SETTING_H

#include "sim/sim.h"

/* See struct personality.real_setting. */
bool linux_real_setting(struct real_setting *r);
/* real_samples.c: see struct personality.real_samples. */
bool linux_real_samples(struct diag *d, const char *dir, struct real_samples *out);
#endif
