/*
 * registry.h - all personalities, in the order of documents
 */
#ifndef MMSIM_MODELS_REGISTRY_H
#define MMSIM_MODELS_REGISTRY_H

#include "sim/sim.h"

/* NULL-terminated; the first is the default. */
extern const struct personality *const personalities[];
#endif
