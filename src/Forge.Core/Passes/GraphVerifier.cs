using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Checks the rules that every graph keeps.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class GraphVerifier
{
    /// <summary>Throws when a rule is broken.</summary>
    /// <param name="step">What to check.</param>
    /// <param name="stage">The pass that made it, for the message.</param>
    /// <exception cref="GraphException">Names stage, node and rule.</exception>
    public static void Check(StepGraph step, string stage)
    {
        foreach (var node in step.LiveNodes())
        {
            foreach (var input in node.Inputs)
            {
                Require(input.Graph == step.Graph, node, $"reads {input} of another graph");
                Require(input.Node.Id < node.Id, node, $"reads {input}, which comes later");
            }
            Require(node.Op.Infer(node.InputTypes).SequenceEqual(node.OutputTypes), node, "has outputs of other types than its op infers");
            Require(node.Op is not InputOp op || (op.Position < step.InputTypes.Count && step.InputTypes[op.Position] == op.Type), node, "reads an argument that the function does not have");
            Require(!node.Op.IsView || node.Outputs.All(o => node.Inputs[o.Index].Type.Bytes == o.Type.Bytes), node, "is a view of another size");
        }
        foreach (var root in step.Roots)
            if (root.Graph != step.Graph) throw new GraphException($"After {stage}: root {root} belongs to another graph.");
        foreach (var (parameter, value) in step.Assignments)
            if (value.Type != parameter.Type) throw new GraphException($"After {stage}: {value} is assigned to '{parameter.Name}', which is {parameter.Type}.");

        void Require(bool rule, Node node, string broken)
        {
            if (!rule) throw new GraphException($"After {stage}: {node} {broken}.");
        }
    }
}
