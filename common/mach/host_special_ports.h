/* The ports that host_get_special_port knows. */
#ifndef MACH_HOST_SPECIAL_PORTS_H
#define MACH_HOST_SPECIAL_PORTS_H

#define HOST_LOCAL_NODE (-1) /* on this machine */

#define HOST_PORT           1
#define HOST_PRIV_PORT      2
#define HOST_IO_MAIN_PORT   3
#define HOST_IO_MASTER_PORT HOST_IO_MAIN_PORT

/* Below are the kernel's own, above are those that programs register. */
#define HOST_MAX_SPECIAL_KERNEL_PORT  7
#define HOST_LAST_SPECIAL_KERNEL_PORT HOST_IO_MAIN_PORT

#define host_get_host_port(host, port)                                         \
	(host_get_special_port((host), HOST_LOCAL_NODE, HOST_PORT, (port)))
#define host_get_host_priv_port(host, port)                                    \
	(host_get_special_port((host), HOST_LOCAL_NODE, HOST_PRIV_PORT, (port)))

#endif
