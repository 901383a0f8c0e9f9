/*
 * Purgeable memory: contents that may be lost when memory is short
 *
 * The state is a word of fields:
 *
 *      bit     16         13..12  10..8  6         5         4      1..0
 *      field   no aging   debug   group  behavior  ordering  order  state
 */
#ifndef MACH_VM_PURGABLE_H
#define MACH_VM_PURGABLE_H

typedef int vm_purgable_t;

/* What to do. */
#define VM_PURGABLE_SET_STATE             ((vm_purgable_t)0)
#define VM_PURGABLE_GET_STATE             ((vm_purgable_t)1)
#define VM_PURGABLE_PURGE_ALL             ((vm_purgable_t)2)
#define VM_PURGABLE_SET_STATE_FROM_KERNEL ((vm_purgable_t)3)

#define VM_PURGABLE_NO_AGING_SHIFT 16
#define VM_PURGABLE_NO_AGING_MASK  (0x1 << VM_PURGABLE_NO_AGING_SHIFT)
#define VM_PURGABLE_NO_AGING       (0x1 << VM_PURGABLE_NO_AGING_SHIFT)

#define VM_PURGABLE_DEBUG_SHIFT 12
#define VM_PURGABLE_DEBUG_MASK  (0x3 << VM_PURGABLE_DEBUG_SHIFT)
#define VM_PURGABLE_DEBUG_EMPTY (0x1 << VM_PURGABLE_DEBUG_SHIFT)
#define VM_PURGABLE_DEBUG_FAULT (0x2 << VM_PURGABLE_DEBUG_SHIFT)

/* Groups are purged in order, 0 first. */
#define VM_VOLATILE_GROUP_SHIFT   8
#define VM_VOLATILE_GROUP_MASK    (7 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_0       (0 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_1       (1 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_2       (2 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_3       (3 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_4       (4 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_5       (5 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_6       (6 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_7       (7 << VM_VOLATILE_GROUP_SHIFT)
#define VM_VOLATILE_GROUP_DEFAULT VM_VOLATILE_GROUP_0

#define VM_PURGABLE_BEHAVIOR_SHIFT 6
#define VM_PURGABLE_BEHAVIOR_MASK  (1 << VM_PURGABLE_BEHAVIOR_SHIFT)
#define VM_PURGABLE_BEHAVIOR_FIFO  (0 << VM_PURGABLE_BEHAVIOR_SHIFT)
#define VM_PURGABLE_BEHAVIOR_LIFO  (1 << VM_PURGABLE_BEHAVIOR_SHIFT)

#define VM_PURGABLE_ORDERING_SHIFT    5
#define VM_PURGABLE_ORDERING_MASK     (1 << VM_PURGABLE_ORDERING_SHIFT)
#define VM_PURGABLE_ORDERING_NORMAL   (0 << VM_PURGABLE_ORDERING_SHIFT)
#define VM_PURGABLE_ORDERING_OBSOLETE (1 << VM_PURGABLE_ORDERING_SHIFT)

#define VM_VOLATILE_ORDER_SHIFT         (4)
#define VM_VOLATILE_ORDER_MASK          (1 << VM_VOLATILE_ORDER_SHIFT)
#define VM_VOLATILE_MAKE_LAST_IN_GROUP  (0 << VM_VOLATILE_ORDER_SHIFT)
#define VM_VOLATILE_MAKE_FIRST_IN_GROUP (1 << VM_VOLATILE_ORDER_SHIFT)

#define VM_PURGABLE_STATE_MIN   0
#define VM_PURGABLE_STATE_MAX   3
#define VM_PURGABLE_STATE_MASK  3
#define VM_PURGABLE_NONVOLATILE 0 /* kept */
#define VM_PURGABLE_VOLATILE    1 /* may be lost */
#define VM_PURGABLE_EMPTY       2 /* was lost */
#define VM_PURGABLE_DENY        3 /* kept, and may not be made volatile */

#define VM_PURGABLE_ALL_MASKS                                                  \
	(VM_PURGABLE_STATE_MASK | VM_VOLATILE_ORDER_MASK |                     \
	    VM_PURGABLE_ORDERING_MASK | VM_PURGABLE_BEHAVIOR_MASK |            \
	    VM_VOLATILE_GROUP_MASK | VM_PURGABLE_DEBUG_MASK |                  \
	    VM_PURGABLE_NO_AGING_MASK)

#endif
