import os
from types import ModuleType
from typing import Any, Callable, Optional, TypeVar, Union, overload

from ._load import RecordingError as RecordingError
from ._load import load as load
from ._native import Span as Span
from ._native import counter as counter
from ._native import mark as mark
from ._native import span as span
from ._record import Recorder as Recorder
from ._record import record as record
from ._record import start as start
from ._record import stop as stop
from ._recording import Recording as Recording

__version__: str

_Target = TypeVar("_Target")
_Instrumented = TypeVar("_Instrumented", bound=Union[Callable[..., Any], type, ModuleType])

@overload
def profile(name: str, /) -> Callable[[_Target], _Target]: ...
@overload
def profile(function: _Target, /, *, name: Optional[str] = None) -> _Target: ...
@overload
def profile(*, name: Optional[str] = None) -> Callable[[_Target], _Target]: ...
def lines(target: _Instrumented, /) -> _Instrumented: ...
