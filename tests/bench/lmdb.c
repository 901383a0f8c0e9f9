/*
 * LMDB, in this process and in memory: a value is one key's, and is copied out
 */
#include "tests/bench/rival.h"

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/peer.h"

static MDB_env *environment;
static MDB_dbi database;
static char folder[] = "/dev/shm/vmd-bench-XXXXXX";
static void *memory;
static uint64_t memory_size;

static void
must(int error)
{
	if (error)
		bench_fail("lmdb: %s", mdb_strerror(error));
}

static MDB_val
key(void)
{
	static char name[] = "value";

	return (MDB_val){ .mv_size = sizeof(name), .mv_data = name };
}

static void
get(void *size)
{
	MDB_txn *transaction;
	MDB_val name = key(), value;

	(void)size;
	must(mdb_txn_begin(environment, NULL, MDB_RDONLY, &transaction));
	must(mdb_get(transaction, database, &name, &value));
	memcpy(memory, value.mv_data, value.mv_size);
	mdb_txn_abort(transaction);
}

static void
put(void *size)
{
	MDB_txn *transaction;
	MDB_val name = key();
	MDB_val value = { .mv_size = (size_t) * (uint64_t *)size,
		.mv_data = memory };

	must(mdb_txn_begin(environment, NULL, 0, &transaction));
	must(mdb_put(transaction, database, &name, &value, 0));
	must(mdb_txn_commit(transaction));
}

/* The files stay as long as they are open, and no longer. */
static void
forget_folder(void)
{
	char path[sizeof(folder) + 16];

	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/lock.mdb", folder);
	unlink(path);
	rmdir(folder);
}

static bool
start(uint64_t size)
{
	MDB_txn *transaction;

	memory_size = size > 0 ? size : 1;
	memory = peer_memory(memory_size);
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	bench_must(mkdtemp(folder) != NULL, folder);
	must(mdb_env_create(&environment));
	must(mdb_env_set_mapsize(environment, (8 * memory_size) + (64 << 20)));
	must(
	    mdb_env_open(environment, folder, MDB_NOSYNC | MDB_WRITEMAP, 0600));
	forget_folder();
	must(mdb_txn_begin(environment, NULL, 0, &transaction));
	must(mdb_dbi_open(transaction, NULL, 0, &database));
	must(mdb_txn_commit(transaction));
	return true;
}

static void
stop(void)
{
	mdb_env_close(environment);
	peer_memory_free(memory, memory_size);
}

const struct rival lmdb = {
	.who = "lmdb",
	.most = 64 << 20,
	.start = start,
	.stop = stop,
	.read = get,
	.write = put,
};
