/*
 * places.h - where else a key is known, for who wrote it in the wrong place
 */
#ifndef MMSIM_SCENARIO_PLACES_H
#define MMSIM_SCENARIO_PLACES_H

#include "sim/base/str.h"
#include "sim/table/model.h"

/*
 * Adds the places of a key in scenarios of a kernel: "linux.swap (linux: { swap: ... })"; several
 * joined with "or", three at most.  "include" is "<<: !include FILE".  False, and nothing added: it
 * is known nowhere.
 */
bool key_places(const struct personality *p, const char *key, struct str *out);

struct bind;
/*
 * The first other kernel whose section of the same name (or, for that of the kernel itself, its
 * own) has a key, and the word for it (NULL: any).  Its name; NULL: none has.
 */
const char *other_kernel_with(const struct bind *b, const char *key, const char *word);
#endif
