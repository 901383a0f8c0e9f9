/* Protection of memory: what an access needs, and what it may become. */
#ifndef MACH_VM_PROT_H
#define MACH_VM_PROT_H

typedef int vm_prot_t;

#define VM_PROT_NONE    ((vm_prot_t)0x00)
#define VM_PROT_READ    ((vm_prot_t)0x01)
#define VM_PROT_WRITE   ((vm_prot_t)0x02)
#define VM_PROT_EXECUTE ((vm_prot_t)0x04)

/* Of fresh memory: current, and maximum. */
#define VM_PROT_DEFAULT (VM_PROT_READ | VM_PROT_WRITE)
#define VM_PROT_ALL     (VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXECUTE)

#define VM_PROT_ALLEXEC VM_PROT_EXECUTE

/* No protection, but a wish to leave it as it is (memory_object_lock_request).
 * The old value is GNU Mach's. */
#define VM_PROT_NO_CHANGE_LEGACY ((vm_prot_t)0x08)
#define VM_PROT_NO_CHANGE        ((vm_prot_t)0x01000000)

/* Asked of vm_protect: make it writable, and take a private copy if need be. */
#define VM_PROT_COPY       ((vm_prot_t)0x10)
#define VM_PROT_WANTS_COPY ((vm_prot_t)0x10)

/* Asked of vm_map and others: as many of these bits as can be had. */
#define VM_PROT_IS_MASK ((vm_prot_t)0x40)

#define VM_PROT_TRUSTED                 ((vm_prot_t)0x20)
#define VM_PROT_STRIP_READ              ((vm_prot_t)0x80)
#define VM_PROT_EXECUTE_ONLY            (VM_PROT_EXECUTE | VM_PROT_STRIP_READ)
#define VM_PROT_COPY_FAIL_IF_EXECUTABLE ((vm_prot_t)0x100)
#define VM_PROT_TPRO                    ((vm_prot_t)0x200)

#endif
