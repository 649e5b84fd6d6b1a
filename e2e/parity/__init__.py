"""The same requests to JupyterHub and to the server under test, and what differs between the answers."""
