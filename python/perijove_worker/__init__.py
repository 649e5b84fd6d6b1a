"""The Python side of Perijove: evaluates ``jupyterhub_config.py`` and runs what only Python can run.

The package is embedded in the binary and sent to the interpreter over the worker's socket, so it must
work on any Python from 3.8 on with nothing installed, and must import nothing that the configuration
did not ask for: start-up time is part of the contract.
"""
