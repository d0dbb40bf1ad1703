# loading.py - opens libibverbs by ctypes, as Python programs do, and the device through it.
import ctypes

verbs = ctypes.CDLL("libibverbs.so.1", use_errno=True)
verbs.ibv_get_device_list.restype = ctypes.POINTER(ctypes.c_void_p)
verbs.ibv_get_device_name.restype = ctypes.c_char_p
verbs.ibv_get_device_name.argtypes = [ctypes.c_void_p]
verbs.ibv_open_device.restype = ctypes.c_void_p
verbs.ibv_open_device.argtypes = [ctypes.c_void_p]
verbs.ibv_close_device.argtypes = [ctypes.c_void_p]
verbs.ibv_free_device_list.argtypes = [ctypes.POINTER(ctypes.c_void_p)]

count = ctypes.c_int(0)
devices = verbs.ibv_get_device_list(ctypes.byref(count))
assert devices and count.value == 1, f"{count.value} devices"
name = verbs.ibv_get_device_name(devices[0]).decode()
context = verbs.ibv_open_device(devices[0])
assert context, f"{name} cannot be opened: errno {ctypes.get_errno()}"
assert verbs.ibv_close_device(context) == 0
verbs.ibv_free_device_list(devices)
print(f"{count.value} device opened: {name}")
