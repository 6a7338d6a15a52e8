/* kernel.h - the memory of the running kernel */
#ifndef MMSIM_TESTS_GUEST_KERNEL_H
#define MMSIM_TESTS_GUEST_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds memory and types.  Takes memory, and gives most of it back when types are not needed any
 * more: what is asked for by name must be known by then.  Whatever fails ends the program. */
void kernel_open(void);
void kernel_close_types(void);

_Noreturn void fail(const char *what);
void read_kernel(uint64_t address, void *to, size_t n);
/* False: there is no memory, or not all in one piece. */
bool try_read_kernel(uint64_t address, void *to, size_t n);
/* N bytes at an address, as a number without sign; a pointer; a number with sign. */
uint64_t at(uint64_t address, size_t n);
uint64_t pointer(uint64_t address);
int integer(uint64_t address);
/* A text of at most room - 1 letters, ended. */
void read_name(uint64_t address, char *to, size_t room);

/* Where a member lies in a structure; how large that is; how many elements an array in it has. */
uint64_t offset_of(const char *of, const char *name);
uint64_t size_of(const char *of);
unsigned elements(const char *of, const char *name);
/* The value of a name in an enum. */
unsigned enumerator(const char *of, const char *name);
uint64_t symbol(const char *name);

#endif
