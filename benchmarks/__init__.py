"""What measures the project: a module for each command, and what they measure."""

from regression.errors import end_on_interrupt

end_on_interrupt()
