"""What a person runs beside the pipeline: a module or a package for each command."""

from regression.errors import end_on_interrupt

end_on_interrupt()
