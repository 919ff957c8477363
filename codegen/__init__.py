"""Problem → plan → source → library → certificate → store → kernel. Start with ``pipeline.py``."""

if __name__ == "codegen":
    raise ImportError("this folder is convt._codegen: import convt instead, so that no class exists twice")
