/*
 * Lets zeroc-ice 3.6.5 compile on Python 3.11, without a change to its source.
 *
 * Python 3.11 hid PyThreadState.frame, which Ice reads in one place (src/Util.cpp). This header
 * stands in front of the real Python.h and gives PyThreadState_GET() something with that member.
 * Ice's own fix never reached the 3.6 line: https://github.com/zeroc-ice/ice/issues/1393
 */
#include_next <Python.h>

#if defined(__cplusplus) && PY_VERSION_HEX >= 0x030B0000 && !defined(SAR_ALIGN_ICE311)
#define SAR_ALIGN_ICE311

struct IcePy311State
{
    PyFrameObject* frame;
};

static inline IcePy311State* icepy311_state()
{
    static thread_local IcePy311State state;
    state.frame = PyEval_GetFrame();
    return &state;
}

#undef PyThreadState_GET
#define PyThreadState_GET() icepy311_state()

#endif
