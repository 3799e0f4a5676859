"""The four stages of the pipeline, a script each."""

from regression.errors import end_on_interrupt

end_on_interrupt()
