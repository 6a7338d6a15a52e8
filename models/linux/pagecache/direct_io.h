/*
 * direct_io.h - O_DIRECT: between a program's memory and the disk, past the cache
 *
 * Like:        Linux 6.1, mm/filemap.c (generic_file_direct_write), fs/iomap/direct-io.c
 * Simplified:  a request covers whole pages of the disk, though 512 bytes are accepted as unit; the
 *              program's buffer lies in frames that do not follow each other and are not
 *              simulated
 * Left out:    asynchronous requests, IOCB_NOWAIT
 */
#ifndef MMSIM_LINUX_DIRECT_IO_H
#define MMSIM_LINUX_DIRECT_IO_H

#include "models/linux/pagecache/filemap.h"

/* What the disk can address: positions and lengths are multiples of it, else -EINVAL. */
#define DIO_ALIGN 512

/*
 * What is dirty in the range is written first, what is cached stays.  Bytes read (0 at the end of
 * the file); -EINVAL, -EIO.  *pos is moved on.
 */
int64_t generic_file_direct_read(struct task *t, struct file *f, int64_t *pos, bytes_t count);
/*
 * Writes what is dirty in the range, throws its pages out and writes to the disk; the file grows.
 * Bytes written: less than count where the cache must do it (a page that cannot be thrown out, a
 * hole that the file system does not fill directly).  -EINVAL, -EIO, -ENOSPC.  The caller holds
 * the inode's lock, shared if it overwrites.
 */
int64_t generic_file_direct_write(struct task *t, struct file *f, int64_t pos, bytes_t count);
/* Whether a write changes neither the size nor the holes of a file. */
bool dio_overwrites(const struct inode *inode, int64_t pos, bytes_t count);
#endif
